//! The committed object, looked at without a kernel: what every user gets must be complete, load everywhere and
//! tell nothing about the machine that built it.
#![cfg(feature = "ebpf")]

use std::collections::BTreeSet;

use hooks::engine::ebpf::{EbpfError, EbpfProgram, Object};
use hooks::filter::Rung;
use hooks::named::Named;
use object::{Object as _, ObjectSection, ObjectSymbol};

/// Lengths to which the object is cut.
const CUTS: usize = 16;
/// Objects with a damaged stretch, and its longest length.
const DAMAGES: usize = 32;
const DAMAGE_MAX: usize = 4096;

fn section(name: &str) -> Vec<u8> {
    let object = Object::prebuilt();
    let elf = object::File::parse(object.bytes()).unwrap();
    elf.section_by_name(name).unwrap_or_else(|| panic!("no section {name}")).data().unwrap().to_vec()
}

/// The functions in a section.
fn programs(section: &str) -> BTreeSet<String> {
    let object = Object::prebuilt();
    let elf = object::File::parse(object.bytes()).unwrap();
    let index = elf.section_by_name(section).unwrap().index();
    let functions = elf.symbols().filter(|symbol| symbol.is_global() && symbol.section_index() == Some(index));
    functions.map(|symbol| symbol.name().unwrap().to_owned()).collect()
}

#[test]
fn every_attach_point_has_its_ladder_and_its_null() {
    for (kind, prefix) in [("xdp", "xdp"), ("classifier", "tc"), ("socket", "socket")] {
        let names = Rung::ALL.iter().map(|rung| rung.name()).chain(["null"]);
        assert_eq!(programs(kind), names.map(|name| format!("{prefix}_{name}")).collect());
    }
}

#[test]
fn the_licence_opens_the_kernels_helpers() {
    assert_eq!(section("license"), b"Dual MIT/GPL\0");
}

#[test]
fn the_object_is_little_endian_bpf() {
    let object = Object::prebuilt();
    let elf = object::File::parse(object.bytes()).unwrap();
    assert_eq!((elf.architecture(), elf.is_little_endian()), (object::Architecture::Bpf, true));
}

#[test]
fn nothing_is_relocated_against_the_running_kernel() {
    // `struct btf_ext_header` of libbpf: the length of the CO-RE relocations is the word at 28.
    let header = section(".BTF.ext");
    let length = u32::from_le_bytes(header[28..32].try_into().unwrap());
    let header_length = u32::from_le_bytes(header[4..8].try_into().unwrap());
    assert!(header_length >= 32, "the header has no CO-RE part, so nothing was looked at");
    assert_eq!(length, 0);
}

#[test]
fn no_path_of_the_builder_is_inside() {
    let strings = String::from_utf8_lossy(&section(".BTF")).into_owned();
    let absolute: Vec<&str> = strings.split('\0').filter(|text| text.starts_with('/')).collect();
    assert_eq!(absolute, Vec::<&str>::new());
    assert!(strings.contains("ebpf/src/parse.rs"), "the source lines that the verifier quotes are gone");
}

/// Loads `bytes` as an object of the user's own.
fn load(bytes: &[u8]) -> Result<EbpfProgram, EbpfError> {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("own.o"), bytes).unwrap();
    EbpfProgram::load(&"ebpf@xdp:object=own.o,program=xdp_port".parse().unwrap(), Some(directory.path()))
}

#[test]
fn a_damaged_object_is_refused_without_a_panic() {
    let good = Object::prebuilt().bytes().to_vec();
    assert!(matches!(load(b"not an ELF file"), Err(EbpfError::BadObject { .. })));
    for cut in (0..good.len()).step_by(good.len() / CUTS) {
        assert!(load(&good[..cut]).is_err(), "cut to {cut}");
    }
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..DAMAGES {
        let mut bad = good.clone();
        let start = random.usize(..bad.len());
        let end = bad.len().min(start + random.usize(..DAMAGE_MAX));
        bad[start..end].iter_mut().for_each(|byte| *byte = random.u8(..));
        // It may still load: not every byte matters. What counts is that there is an answer.
        drop(load(&bad));
    }
}

#[test]
fn an_object_needs_a_directory_and_a_file() {
    let spec = "ebpf@xdp:object=own.o".parse().unwrap();
    assert!(matches!(EbpfProgram::load(&spec, None), Err(EbpfError::NoHookDir)));
    let directory = tempfile::tempdir().unwrap();
    assert!(matches!(EbpfProgram::load(&spec, Some(directory.path())), Err(EbpfError::Unreadable { .. })));
}
