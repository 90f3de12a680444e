//! Reading files that may be anything: within a bound, so that a device or a mistake does not take all memory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use thiserror::Error;

/// The longest file that is read, bytes.
const MAX_FILE: u64 = 256 << 20;

/// Why there are no bytes.
#[derive(Debug, Error)]
pub enum BoundedError {
    /// The file system refuses.
    #[error("cannot read it: {0}")]
    Io(#[from] io::Error),
    /// Too much.
    #[error("longer than {MAX_FILE} bytes")]
    TooLong,
}

/// All bytes of a file.
///
/// # Errors
/// It cannot be read, or is too long.
pub fn read(file: &Path) -> Result<Vec<u8>, BoundedError> {
    let mut bytes = Vec::new();
    File::open(file)?.take(MAX_FILE + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_FILE { Err(BoundedError::TooLong) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_end_is_refused() {
        assert_eq!(read("/dev/zero".as_ref()).unwrap_err().to_string(), "longer than 268435456 bytes");
        assert_eq!(read("/dev/null".as_ref()).unwrap(), b"");
    }
}
