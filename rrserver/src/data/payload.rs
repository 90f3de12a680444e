//! What messages are filled with. Contents are never checked by either side.

use std::io;

use super::MAX_MESSAGE;

/// netperf's payload: eight bytes, repeated.
const PATTERN: &[u8; 8] = b"netperf\0";

/// A message of `size` bytes in netperf's pattern.
#[must_use]
pub fn pattern(size: usize) -> Vec<u8> {
    repeated(PATTERN, size)
}

/// A message of `size` bytes from the start of `file`, which is repeated where it is too short (netperf's `-F`).
///
/// # Errors
/// There is nothing to repeat, or the file cannot be read.
pub fn from_file(path: &str, size: usize) -> io::Result<Vec<u8>> {
    use io::Read;
    let mut start = Vec::new();
    std::fs::File::open(path)?.take(size.min(MAX_MESSAGE) as u64).read_to_end(&mut start)?;
    if start.is_empty() {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the file is empty"));
    }
    Ok(repeated(&start, size))
}

fn repeated(bytes: &[u8], size: usize) -> Vec<u8> {
    bytes.iter().copied().cycle().take(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_cut_or_repeated_and_an_empty_one_refused() {
        let path = format!("{}/Cargo.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read(&path).expect("manifest");
        assert_eq!(from_file(&path, 5).expect("cut"), text[..5]);
        assert_eq!(from_file(&path, text.len() + 3).expect("repeated")[text.len()..], text[..3]);
        assert!(from_file("/dev/null", 5).is_err());
        assert!(from_file("/no/such/file", 5).is_err());
        assert_eq!(pattern(10), b"netperf\0ne");
    }
}
