//! Embeds the rule files: writes a slice of `(path, text)` with one `include_str!` for each Markdown file under `guides/`.

use std::{env, error::Error, fmt::Write as _, fs, path::Path};

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("guides");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut guides = Vec::new();
    let mut directories = vec![root.clone()];
    while let Some(directory) = directories.pop() {
        println!("cargo::rerun-if-changed={}", directory.display());
        for entry in fs::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                guides.push(path);
            }
        }
    }
    guides.sort();
    let mut code = String::from("&[\n");
    for guide in guides {
        let name = guide
            .strip_prefix(&root)?
            .display()
            .to_string()
            .replace('\\', "/");
        writeln!(
            code,
            "    ({name:?}, include_str!({:?})),",
            guide.display().to_string()
        )?;
    }
    code.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("guides.rs"), code)?;
    Ok(())
}
