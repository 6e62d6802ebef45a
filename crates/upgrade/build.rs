//! Embeds the rule files: writes a slice of `(path, front matter, explanation)` with an entry for each Markdown file under
//! `guides/`. The front matter becomes JSON, which is read in a fraction of the time.

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
        let text = fs::read_to_string(&guide)?;
        let (front_matter, explanation) = text
            .strip_prefix("+++\n")
            .and_then(|rest| rest.split_once("\n+++\n"))
            .ok_or_else(|| format!("{name} does not begin with front matter between +++ lines"))?;
        let front_matter: toml::Table =
            toml::from_str(front_matter).map_err(|cause| format!("{name}: {cause}"))?;
        let front_matter = serde_json::to_string(&front_matter)?;
        let explanation = explanation.trim();
        writeln!(code, "    ({name:?}, {front_matter:?}, {explanation:?}),")?;
    }
    code.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("guides.rs"), code)?;
    Ok(())
}
