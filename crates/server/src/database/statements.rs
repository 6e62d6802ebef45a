//! Every statement in the source is one that both databases understand.

use std::collections::HashMap;
use std::path::Path;

use ironclerk_test_support::{Backend, TestDatabase};
use syn::visit::{self, Visit};
use syn::{Expr, ExprLit, Item, ItemConst, Lit, LitStr, Macro};

use super::{Database, DatabaseError};

/// The statements in one file.
#[derive(Default)]
struct Statements {
    /// The texts that have names.
    constants: HashMap<String, String>,
    found: Vec<String>,
    /// Those that are put together from more than constants; the tests of the API run them.
    put_together: usize,
}

impl Statements {
    fn add(&mut self, text: &str) {
        const VERBS: [&str; 5] = ["SELECT", "INSERT", "UPDATE", "DELETE", "WITH"];
        let verb = text.split_once(' ').map(|(verb, _)| verb);
        if !verb.is_some_and(|verb| VERBS.contains(&verb)) {
            return;
        }
        let mut sql = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap();
            sql.push_str(before);
            match (self.constants.get(name), name) {
                (Some(constant), _) => sql.push_str(constant),
                // Conditions, of which there may be none.
                (None, "rest") => {}
                (None, _) => {
                    self.put_together += 1;
                    return;
                }
            }
            rest = after;
        }
        self.found.push(sql + rest);
    }
}

impl<'ast> Visit<'ast> for Statements {
    fn visit_item(&mut self, item: &'ast Item) {
        let is_test = matches!(item, Item::Mod(module) if module.ident == "tests");
        if !is_test {
            visit::visit_item(self, item);
        }
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        self.add(&literal.value());
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        let literal = call.tokens.clone().into_iter().next();
        let literal = literal.and_then(|it| syn::parse2::<LitStr>(it.into()).ok());
        if call.path.is_ident("format")
            && let Some(literal) = literal
        {
            self.add(&literal.value());
        }
    }
}

/// The texts that have names in a file.
#[derive(Default)]
struct Constants(HashMap<String, String>);

impl<'ast> Visit<'ast> for Constants {
    fn visit_item_const(&mut self, ItemConst { ident, expr, .. }: &'ast ItemConst) {
        if let Expr::Lit(ExprLit {
            lit: Lit::Str(text),
            ..
        }) = &**expr
        {
            self.0.insert(ident.to_string(), text.value());
        }
    }
}

fn read(folder: &Path, all: &mut Vec<(String, String)>, put_together: &mut usize) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, all, put_together);
        } else if path.extension().is_some_and(|it| it == "rs") {
            let file = syn::parse_file(&std::fs::read_to_string(&path).unwrap()).unwrap();
            let mut constants = Constants::default();
            constants.visit_file(&file);
            let mut statements = Statements {
                constants: constants.0,
                ..Statements::default()
            };
            statements.visit_file(&file);
            let name = path.display().to_string();
            all.extend(statements.found.into_iter().map(|sql| (name.clone(), sql)));
            *put_together += statements.put_together;
        }
    }
}

#[test]
fn both_databases_understand_every_statement() {
    let (mut all, mut put_together) = (Vec::new(), 0);
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    read(&source, &mut all, &mut put_together);
    assert!(all.len() > 200, "{} statements", all.len());
    assert!(put_together < 20, "{put_together} are put together");
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let Some(database) = TestDatabase::new(backend) else {
            continue;
        };
        let all = all.clone();
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let database = Database::open(&database.url()).await.unwrap();
            let prepared = database.read(move |transaction| {
                for (file, sql) in &all {
                    // Of PostgreSQL alone.
                    if backend == Backend::Sqlite && sql.contains("pg_advisory") {
                        continue;
                    }
                    let prepared = transaction.prepare(sql);
                    assert!(prepared.is_ok(), "{file}: {sql}: {prepared:?}");
                }
                Ok::<_, DatabaseError>(())
            });
            prepared.await.unwrap();
        });
    }
}
