//! Every number out of the way, in every layout: tables, comma-separated values, keys and values, columns.

/// `text` with every number replaced by a placeholder with as many decimals, every run of blanks by one, and lines that
/// have become equal to the one before left out. The banner, of which nothing is measured, stays as it is.
pub(crate) fn without_figures(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let is_banner = line.contains(" TEST from ");
        let masked = if is_banner { line.to_owned() } else { single_blanks(&without_digits(&without_uuid(line))) };
        let is_repeated = masked.contains('#') && lines.contains(&masked) && is_interim(&masked);
        if !is_repeated {
            lines.push(masked);
        }
    }
    lines.join("\n")
}

/// Whether this is an interim result, of which there may be more or fewer.
fn is_interim(masked: &str) -> bool {
    masked.starts_with("Interim") || masked.starts_with("NETPERF_") || masked.matches(',').count() == 3
}

/// Identifiers of runs, told by their length, and C's not-a-number, which a stock server leaves in places.
fn without_uuid(line: &str) -> String {
    let is_uuid = |word: &str| word.len() == 36 && word.matches('-').count() == 4;
    let words = line.split_inclusive([' ', ',', '=']).map(|word| {
        let text = word.trim_end_matches([' ', ',', '=']);
        if is_uuid(text) { word.replace(text, "UUID") } else { word.replace("-nan", "0.00") }
    });
    words.collect()
}

fn without_digits(line: &str) -> String {
    let mut masked = String::new();
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
        masked.push_str(before.strip_suffix('-').unwrap_or(before));
        // The digits after a point are a number of their own, of which every one counts.
        let places = if masked.ends_with("#.") { end } else { 1 };
        masked.push_str(&"#".repeat(places));
        rest = &number[end..];
    }
    masked + rest
}

fn single_blanks(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

#[test]
fn numbers_lose_their_digits_in_every_layout() {
    for (text, masked) in [
        ("16384  131072 1        0.12     97340.18   brand", "# # # #.## #.## brand"),
        ("16384,-1,0.50,Trans/s", "#,#,#.##,Trans/s"),
        ("P99_LATENCY=-1", "P#_LATENCY=#"),
        ("1,-nan,2b0f7a4c-0e1f-11ef-b0d1-0242ac120002,x", "#,#.##,UUID,x"),
        ("A TEST from 0.0.0.0 port 0 : first burst 4", "A TEST from 0.0.0.0 port 0 : first burst 4"),
    ] {
        assert_eq!(without_figures(text), masked);
    }
}

#[test]
fn interim_results_of_one_form_become_one() {
    assert_eq!(without_figures("1.00,T,2.0,3.000\n2.00,T,2.0,4.000\n1.0\n2.0"), "#.##,T,#.#,#.###\n#.#\n#.#");
    let keys = "NETPERF_UNITS[0]=T\nNETPERF_ENDING[0]=1.2\nNETPERF_UNITS[1]=T\nNETPERF_ENDING[1]=2.2\n";
    assert_eq!(without_figures(keys), "NETPERF_UNITS[#]=T\nNETPERF_ENDING[#]=#.#\n");
}
