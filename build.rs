//! Compiles every `proto/steelyard/**/*.proto` without a system `protoc`, and keeps the descriptor
//! set for reflection.
use std::{env, error::Error, fs, path::Path};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=proto");
    println!("cargo:rerun-if-changed=migrations");
    let mut files = Vec::new();
    collect(Path::new("proto/steelyard"), &mut files)?;
    files.sort();
    let compiled = protox::Compiler::new(["proto"])?
        .include_imports(true)
        .include_source_info(true)
        .open_files(files)?
        .encode_file_descriptor_set();
    let set = prost_types::FileDescriptorSet::decode(compiled.as_slice())?;
    #[expect(clippy::disallowed_methods, reason = "cargo tells build scripts by variables")]
    let out = env::var("OUT_DIR")?;
    // The bytes as compiled: decoding them into `prost_types` drops extension options.
    fs::write(Path::new(&out).join("descriptor.bin"), compiled)?;
    tonic_prost_build::configure().btree_map(".").include_file("proto.rs").compile_fds(set)?;
    Ok(())
}

fn collect(dir: &Path, into: &mut Vec<String>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, into)?;
        } else if path.extension().is_some_and(|it| it == "proto") {
            into.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
