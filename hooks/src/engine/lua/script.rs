//! Where a script comes from: the ladder built into this library, or a file of the hook directory.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::LuaError;
use crate::filter::Rung;
use crate::hex::to_hex;
use crate::spec::FileName;

/// Longest script that is loaded, in bytes.
pub const SCRIPT_MAX: u64 = 64 * 1024;

/// A script's name and text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    name: String,
    text: Vec<u8>,
}

impl Script {
    /// The built-in script of a rung.
    #[must_use]
    pub fn of(rung: Rung) -> Script {
        let text = match rung {
            Rung::Pass => include_str!("../../../lua/pass.lua"),
            Rung::Count => include_str!("../../../lua/count.lua"),
            Rung::Parse => include_str!("../../../lua/parse.lua"),
            Rung::Port => include_str!("../../../lua/port.lua"),
            Rung::Payload => include_str!("../../../lua/payload.lua"),
        };
        Script::new(&format!("{rung}.lua"), text)
    }

    /// A script from memory.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Script {
        Script { name: name.to_owned(), text: text.as_bytes().to_vec() }
    }

    /// Reads `name` from the hook directory.
    ///
    /// # Errors
    ///
    /// [`LuaError::Unreadable`] and [`LuaError::TooLong`].
    pub fn read(directory: &Path, name: &FileName) -> Result<Script, LuaError> {
        let unreadable = |error: io::Error| LuaError::Unreadable { name: name.to_string(), error };
        let file = File::open(directory.join(name.as_str())).map_err(unreadable)?;
        let mut text = Vec::new();
        let read = file.take(SCRIPT_MAX + 1).read_to_end(&mut text).map_err(unreadable)?;
        if read as u64 > SCRIPT_MAX {
            return Err(LuaError::TooLong { name: name.to_string() });
        }
        Ok(Script { name: name.to_string(), text })
    }

    /// The name, as it stands before the line number in messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The source text; not necessarily UTF-8.
    pub(super) fn text(&self) -> &[u8] {
        &self.text
    }

    /// The number of the last line.
    pub(super) fn last_line(&self) -> usize {
        self.text.trim_ascii_end().split(|byte| *byte == b'\n').count()
    }

    /// SHA-256 of the text, in hexadecimal: what `sha256sum` says of the file.
    #[must_use]
    pub fn hash(&self) -> String {
        to_hex(&Sha256::digest(&self.text))
    }
}
