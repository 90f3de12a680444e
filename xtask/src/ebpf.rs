//! Builds the committed object of kernel programs, and proves that it is the one its sources make.
//!
//! Users build with stable Rust, without a BPF linker and without network access, so the object travels in the
//! repository. A committed binary is only as good as the evidence of where it came from: the manifest beside it
//! holds the hash of the sources, of the object, and the tools that turned one into the other.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Where the kernel programs' own workspace lives, from the root of the repository.
const SOURCES: &str = "ebpf";
/// The layout of the maps, which the programs share with their loader in user space.
const ABI: &str = "hooks/src/engine/ebpf/abi.rs";
const OBJECT: &str = "hooks/prebuilt/rrgen.bpf.o";
const MANIFEST: &str = "hooks/prebuilt/manifest.toml";
const TARGET: &str = "bpfel-unknown-none";
const BINARY: &str = "rrgen-ebpf";
const LINKER: &str = "bpf-linker";
/// The channel whose `core` can be rebuilt for the kernel.
const TOOLCHAIN: &str = "+nightly";

/// What to do with the committed object.
#[derive(Subcommand)]
pub(crate) enum Action {
    /// Rebuild it from `ebpf/` with the nightly compiler and bpf-linker, and write its manifest.
    Build,
    /// Fail unless sources, object and manifest belong together.
    Check,
}

/// The evidence committed beside the object.
#[derive(Debug, Deserialize, Serialize)]
struct Manifest {
    sources_sha256: String,
    object_sha256: String,
    object_bytes: usize,
    compiler: String,
    linker: String,
    flags: Vec<String>,
}

/// Runs one action on the repository that this program was built from.
pub(crate) fn run(action: &Action) -> Result<()> {
    let root = root()?;
    match action {
        Action::Build => build(&root),
        Action::Check => check(&root),
    }
}

fn root() -> Result<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent();
    Ok(root.context("xtask has no parent directory")?.to_owned())
}

fn build(root: &Path) -> Result<()> {
    let target_dir = root.join(SOURCES).join("target");
    let mut cargo = Command::new("cargo");
    cargo.current_dir(root.join(SOURCES)).arg(TOOLCHAIN);
    cargo.args(["build", "--release", "--locked", "--target-dir"]).arg(&target_dir);
    cargo.arg("--config").arg(remapped_paths(root)?);
    // Both would replace the flags of ebpf/.cargo/config.toml instead of adding to them.
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    let status = cargo.status().context("cannot start cargo")?;
    ensure!(status.success(), "the kernel programs do not build: {status}");

    let built = target_dir.join(TARGET).join("release").join(BINARY);
    copy_without_dwarf(&built, &root.join(OBJECT))?;
    let object = read(&root.join(OBJECT))?;
    let manifest = Manifest {
        sources_sha256: sources_sha256(root)?,
        object_sha256: sha256(&object),
        object_bytes: object.len(),
        compiler: output("rustc", &[TOOLCHAIN, "--version"])?,
        linker: output(LINKER, &["--version"])?,
        flags: flags(root)?,
    };
    fs::write(root.join(MANIFEST), toml::to_string(&manifest)?).with_context(|| format!("cannot write {MANIFEST}"))?;
    println!("{OBJECT}: {} bytes, sha256 {}", manifest.object_bytes, manifest.object_sha256);
    Ok(())
}

fn check(root: &Path) -> Result<()> {
    let text = fs::read_to_string(root.join(MANIFEST)).with_context(|| format!("cannot read {MANIFEST}"))?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| format!("{MANIFEST} is malformed"))?;
    let object = read(&root.join(OBJECT))?;
    if manifest.object_sha256 != sha256(&object) || manifest.object_bytes != object.len() {
        bail!("{OBJECT} is not the object its manifest describes; run `cargo xtask ebpf build`");
    }
    if manifest.sources_sha256 != sources_sha256(root)? {
        bail!("{SOURCES}/ or {ABI} changed after {OBJECT} was built; run `cargo xtask ebpf build`");
    }
    Ok(())
}

/// A cargo setting that keeps every path of this machine out of the object, so that the same sources make the
/// same object everywhere.
fn remapped_paths(root: &Path) -> Result<String> {
    let mut renamed = vec![(root.to_owned(), "rrgen")];
    let sysroot = output("rustc", &[TOOLCHAIN, "--print", "sysroot"])?;
    renamed.push((Path::new(&sysroot).join("lib/rustlib/src/rust"), "rust"));
    let cargo_home = match std::env::var_os("CARGO_HOME") {
        Some(home) => PathBuf::from(home),
        None => std::env::home_dir().context("no home directory")?.join(".cargo"),
    };
    let registries = cargo_home.join("registry/src");
    for registry in fs::read_dir(&registries).with_context(|| format!("cannot list {}", registries.display()))? {
        renamed.push((registry?.path(), "crates"));
    }
    let flags: Vec<String> =
        renamed.iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display())).collect();
    Ok(format!("target.{TARGET}.rustflags={}", toml::Value::from(flags)))
}

/// Copies an object without its DWARF sections, which the kernel does not read; BTF, made from them, stays.
fn copy_without_dwarf(from: &Path, to: &Path) -> Result<()> {
    let sysroot = PathBuf::from(output("rustc", &[TOOLCHAIN, "--print", "sysroot"])?);
    let host = output("rustc", &[TOOLCHAIN, "--print", "host-tuple"])?;
    let mut objcopy = Command::new(sysroot.join("lib/rustlib").join(host).join("bin/rust-objcopy"));
    objcopy.env("LD_LIBRARY_PATH", sysroot.join("lib")).arg("--strip-debug").arg(from).arg(to);
    let status = objcopy.status().context("cannot start the toolchain's rust-objcopy")?;
    ensure!(status.success(), "rust-objcopy failed: {status}");
    Ok(())
}

/// The compiler flags that the sources ask for, as their own cargo configuration states them.
fn flags(root: &Path) -> Result<Vec<String>> {
    let config: toml::Table = toml::from_str(&fs::read_to_string(root.join(SOURCES).join(".cargo/config.toml"))?)?;
    let flags = config.get("target").and_then(|targets| targets.get(TARGET)?.get("rustflags"));
    let flags = flags.context("ebpf/.cargo/config.toml sets no rustflags")?;
    Ok(flags.clone().try_into()?)
}

/// Every file that the object is made from, by its path in the repository, in order.
fn sources(root: &Path) -> Result<Vec<PathBuf>> {
    let mut files = vec![PathBuf::from(ABI)];
    for file in ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"] {
        files.push(Path::new(SOURCES).join(file));
    }
    for file in fs::read_dir(root.join(SOURCES).join("src"))? {
        files.push(Path::new(SOURCES).join("src").join(file?.file_name()));
    }
    files.sort();
    Ok(files)
}

/// One hash over the sources: of each its path, its length and its content.
fn sources_sha256(root: &Path) -> Result<String> {
    let mut hash = Sha256::new();
    for file in sources(root)? {
        let content = read(&root.join(&file))?;
        hash.update(format!("{} {}\n", file.display(), content.len()));
        hash.update(content);
    }
    Ok(hex(&hash.finalize()))
}

fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

fn output(program: &str, arguments: &[&str]) -> Result<String> {
    let output = Command::new(program).args(arguments).output();
    let output = output.with_context(|| format!("cannot start {program}; CONTRIBUTING.md says how to install it"))?;
    ensure!(output.status.success(), "{program} {arguments:?} failed: {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_object_is_the_one_its_sources_make() {
        check(&root().unwrap()).unwrap();
    }

    #[test]
    fn a_change_to_any_side_is_noticed() {
        let here = root().unwrap();
        for changed in sources(&here).unwrap().iter().chain([&PathBuf::from(OBJECT)]) {
            let copy = tempfile::tempdir().unwrap();
            for file in sources(&here).unwrap().iter().chain([OBJECT, MANIFEST].map(PathBuf::from).iter()) {
                let to = copy.path().join(file);
                fs::create_dir_all(to.parent().unwrap()).unwrap();
                fs::copy(here.join(file), to).unwrap();
            }
            check(copy.path()).unwrap();
            let mut content = read(&copy.path().join(changed)).unwrap();
            content.push(b' ');
            fs::write(copy.path().join(changed), content).unwrap();
            check(copy.path()).expect_err("a changed file went unnoticed");
        }
    }
}
