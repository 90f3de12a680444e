//! The ledger as rrgen prints it, read back.

/// Packets besides those of the transactions: handshakes, the control connection, neighbour discovery, and
/// acknowledgements that a busy machine sends on their own. Far fewer than a hook that counts twice would see.
const OTHER_PACKETS: u64 = 200;

/// The ledger's line, taken apart.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Ledger {
    /// The hook in canonical syntax.
    pub(crate) hook: String,
    pub(crate) calls: u64,
    /// `None` if nobody knows.
    pub(crate) passes: Option<u64>,
    pub(crate) drops: Option<u64>,
    pub(crate) errors: u64,
    /// The attach point and mode really got.
    pub(crate) attached: String,
    pub(crate) hash: Option<String>,
    pub(crate) first_error: Option<String>,
}

impl Ledger {
    /// Finds and reads the one ledger in what rrgen printed on stderr.
    pub(crate) fn read(stderr: &str) -> Self {
        let mut ledgers = stderr.lines().filter_map(Self::parse);
        match (ledgers.next(), ledgers.next()) {
            (Some(ledger), None) => ledger,
            _ => panic!("not one ledger: '{stderr}'"),
        }
    }

    /// Fails unless the hook saw these packets and few others.
    pub(crate) fn assert_saw(&self, packets: u64) {
        assert!((packets..=packets + OTHER_PACKETS).contains(&self.calls), "{packets} packets: {self:?}");
    }

    fn parse(line: &str) -> Option<Self> {
        let (hook, rest) = line.strip_prefix("rrgen: hook ")?.split_once(": ")?;
        let mut parts = rest.split("; ");
        let mut counts = parts.next()?.split(", ");
        let mut text = |unit: &str| Some(counts.next()?.strip_suffix(unit)?.trim_end());
        let count = |text: &str| text.parse::<u64>().ok();
        let unless_unknown = |text: &str| if text == "unknown" { Some(None) } else { count(text).map(Some) };
        let mut ledger = Self {
            hook: hook.to_owned(),
            calls: text("calls").and_then(count)?,
            passes: text("passes").and_then(unless_unknown)?,
            drops: text("drops").and_then(unless_unknown)?,
            errors: text("errors").and_then(count)?,
            attached: parts.next()?.strip_prefix("attached: ")?.to_owned(),
            hash: None,
            first_error: None,
        };
        for part in parts {
            let (slot, text) = match part.strip_prefix("sha256 ") {
                Some(hash) => (&mut ledger.hash, hash),
                None => (&mut ledger.first_error, part.strip_prefix("first error: ")?),
            };
            *slot = Some(text.to_owned());
        }
        Some(ledger)
    }
}

#[test]
fn a_ledger_is_read_whole_or_not_at_all() {
    let line = "rrgen: hook lua@message:port=5: 7 calls, 5 passes, 2 drops, 1 errors, 412.2 ns/call; attached: message; \
                sha256 ab12; first error: port.lua:3: oops";
    let expected = Ledger {
        hook: "lua@message:port=5".into(),
        calls: 7,
        passes: Some(5),
        drops: Some(2),
        errors: 1,
        attached: "message".into(),
        hash: Some("ab12".into()),
        first_error: Some("port.lua:3: oops".into()),
    };
    assert_eq!(Ledger::read(&format!("rrgen: something else\n{line}\n")), expected);
    for broken in ["", "rrgen: hook x: 1 calls", &line.replace("7 calls", "many calls"), &line.replace("sha256", "md5")]
    {
        assert_eq!(Ledger::parse(broken), None, "{broken}");
    }
}
