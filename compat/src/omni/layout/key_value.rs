//! `-k`: a line `NAME=value` for every element that has a value.

use std::fmt;

use super::Output;
use crate::text::printf::cut;

/// Bytes netperf's buffer for one value has room for; it cuts longer ones, which only a command line or brand can be.
const VALUE_MAX: usize = 1023;

pub(super) fn write(output: &Output<'_>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for selector in output.selection.blocks().flatten().flatten() {
        let Some(value) = selector.text(output.values) else { continue };
        let shown = if selector.is_stock() { cut(&value, VALUE_MAX) } else { &value };
        writeln!(f, "{}={shown}", selector.name())?;
    }
    Ok(())
}
