//! The numbers of a page are those of the JSON, to the last digit.

use serde_json::Value;

use super::browser::load;
use super::table::{data, rows};
use super::{RECORD, Reported, of_record};

fn numbers<'a>(values: impl IntoIterator<Item = &'a Value>) -> Vec<f64> {
    values.into_iter().filter_map(Value::as_f64).collect()
}

fn list(json: &Value) -> &Vec<Value> {
    json.as_array().unwrap()
}

/// Holds a table's rows against the numbers that they should have.
fn assert_rows(dom: &str, caption: &str, expected: &[Vec<f64>]) {
    let found = rows(dom, caption);
    let values: Vec<Vec<f64>> = found.iter().map(|row| row.iter().map(|datum| datum.value).collect()).collect();
    assert_eq!(values, expected, "{caption}");
}

/// What the effects' table shows of one contrast: estimates with their intervals, and what the hook cost.
fn contrast(json: &Value) -> Vec<f64> {
    let effect = |scale: &str| {
        let effect = &json[scale];
        numbers([&effect["estimate"], &effect["interval_95"]["low"], &effect["interval_95"]["high"]])
    };
    let time_ns = json["time_ns"]["estimate"].as_f64().unwrap();
    let cost = json["own_cost_ns"].as_f64().into_iter().flat_map(|cost_ns| [cost_ns, cost_ns / time_ns]);
    [effect("rate_percent"), effect("time_percent"), vec![time_ns], cost.collect()].concat()
}

fn variant(json: &Value) -> Vec<f64> {
    let ns = json["ns_per_transaction"].as_f64().unwrap();
    let round_trips = list(&json["round_trip"])
        .iter()
        .flat_map(|found| numbers([&found["ns"], &found["interval_95"]["low"], &found["interval_95"]["high"]]));
    [1e9 / ns, ns].into_iter().chain(round_trips.map(|ns| ns / 1e3)).collect()
}

/// Sums of a variant's ledgers; nothing without a hook.
fn ledger(json: &Value, variant: usize) -> Option<Vec<f64>> {
    let ledgers: Vec<&Value> =
        list(&json["rounds"]).iter().map(|round| &round["variants"][variant]["ledger"]).collect();
    let sum = |name: &str| ledgers.iter().filter_map(|ledger| ledger[name].as_f64()).sum::<f64>();
    ledgers[0].is_object().then(|| ["calls", "expected_calls", "errors"].map(sum).to_vec())
}

#[test]
fn a_comparison_shows_the_numbers_of_its_json() {
    let reported = Reported::comparison();
    let json = &reported.json;
    let Some(shown) = load(&reported.page()) else { return };
    assert_eq!(shown.console, [""; 0]);
    let contrasts: Vec<Vec<f64>> = list(&json["contrasts"]).iter().map(contrast).collect();
    assert_rows(&shown.dom, "Effect on the transaction rate", &contrasts);
    let variants: Vec<Vec<f64>> = list(&json["variants"]).iter().map(variant).collect();
    assert_eq!(variants[0].len(), 2 + 4 * 3);
    assert_rows(&shown.dom, "Rates over rounds", &variants);
    let ledgers: Vec<Vec<f64>> = (0..variants.len()).filter_map(|place| ledger(json, place)).collect();
    assert_eq!(ledgers.len(), 2);
    assert_rows(&shown.dom, "Calls that the hooks counted", &ledgers);
    assert_charted(&shown.dom, json);
}

/// The chart of the effects has every contrast's numbers beside its row, and a dot per round below.
fn assert_charted(dom: &str, json: &Value) {
    for contrast in list(&json["contrasts"]) {
        let rate = &contrast["rate_percent"];
        let [estimate, low, high] = [&rate["estimate"], &rate["interval_95"]["low"], &rate["interval_95"]["high"]]
            .map(|number| format!("{:+.2}", number.as_f64().unwrap()).replace('-', "−"));
        let row = format!("{estimate} % [{low}, {high}] %</text>").replace("−0.00", "+0.00");
        assert!(dom.contains(&row), "{row}");
    }
    let rounds = list(&json["contrasts"]).len() * list(&json["rounds"]).len();
    assert_eq!(dom.matches("<title>round ").count(), rounds);
    assert_eq!(dom.matches("class=\"curve s").count(), list(&json["variants"]).len());
}

#[test]
fn a_record_shows_the_numbers_of_its_json() {
    let reported = of_record(RECORD.as_ref());
    let json = &reported.json;
    let Some(shown) = load(&reported.page()) else { return };
    assert_eq!(shown.console, [""; 0]);
    let means: Vec<f64> = numbers(list(&json["variants"]).iter().map(|variant| &variant["mean_rate"]));
    let groups: Vec<Vec<f64>> = means.iter().map(|&mean| vec![3.0, 60.0, mean, 1e9 / mean]).collect();
    assert_rows(&shown.dom, "Means of the runs", &groups);
    let found: Vec<f64> =
        rows(&shown.dom, "Ratios of the means").iter().flat_map(|row| [row[0].value, row[1].value]).collect();
    let comparisons = list(&json["comparisons"]).iter().flat_map(|found| [&found["ratio"], &found["rate_percent"]]);
    assert_eq!(found, numbers(comparisons));
}

#[test]
fn what_is_read_is_the_number_rounded() {
    for reported in [Reported::comparison(), of_record(RECORD.as_ref())] {
        let Some(shown) = load(&reported.page()) else { return };
        let all = data(&shown.dom);
        assert!(all.len() > 15, "{}", all.len());
        for datum in all {
            assert!(datum.is_faithful(), "{datum:?}");
        }
    }
}
