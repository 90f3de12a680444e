//! Where programs come from: the object built into this crate, or a file of the hook host's operator.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use aya::{Ebpf, EbpfLoader};
use sha2::{Digest, Sha256};

use super::error::{EbpfError, chain};
use crate::hex::to_hex;
use crate::spec::FileName;

/// Longest object that is looked at, in bytes.
pub const OBJECT_MAX: u64 = 8 << 20;

/// What the built-in object is called in messages.
const BUILT_IN: &str = "the built-in object";

static PREBUILT: &[u8] = aya::include_bytes_aligned!("../../../prebuilt/rrgen.bpf.o");

/// An ELF file of kernel programs.
#[derive(Debug)]
pub struct Object {
    name: String,
    bytes: Cow<'static, [u8]>,
}

impl Object {
    /// The object built from `ebpf/`.
    #[must_use]
    pub fn prebuilt() -> Object {
        Object { name: BUILT_IN.to_owned(), bytes: Cow::Borrowed(PREBUILT) }
    }

    /// Reads an object from the hook directory.
    ///
    /// # Errors
    ///
    /// [`EbpfError::Unreadable`] when there is none, or one longer than [`OBJECT_MAX`].
    pub fn read(hook_dir: &Path, name: &FileName) -> Result<Object, EbpfError> {
        let bytes = read_bounded(&hook_dir.join(name.as_str()))
            .map_err(|error| EbpfError::Unreadable { name: name.to_string(), error })?;
        Ok(Object { name: name.to_string(), bytes: Cow::Owned(bytes) })
    }

    /// The file as it is.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// SHA-256 of the file, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        to_hex(&Sha256::digest(&self.bytes))
    }

    /// Parses the object and creates its maps in the kernel.
    pub(super) fn load(&self) -> Result<Ebpf, EbpfError> {
        match EbpfLoader::new().load(&self.bytes) {
            Ok(ebpf) => Ok(ebpf),
            Err(aya::EbpfError::MapError(error)) => Err(EbpfError::from_kernel("creating the maps", &error)),
            Err(error) => Err(self.bad(chain(&error))),
        }
    }

    /// Says what is wrong with the object.
    pub(super) fn bad(&self, reason: impl Into<String>) -> EbpfError {
        EbpfError::BadObject { name: self.name.clone(), reason: reason.into() }
    }
}

fn read_bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(OBJECT_MAX + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > OBJECT_MAX {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("it is longer than {OBJECT_MAX} bytes")));
    }
    Ok(bytes)
}
