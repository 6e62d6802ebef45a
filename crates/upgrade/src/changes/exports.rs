//! Names of Clerk packages, wherever a program takes them from an entry.

use super::{Checker, calls::after_comma, insert, replace};
use crate::{
    Change, Confidence, Edit, Fix, Rule, RuleSet,
    model::CORE_1,
    module::{callee_member, export_name},
    resolve::{clerk_package, split_package},
    value::Origin,
};
use oxc_ast::{
    AstKind,
    ast::{
        Argument, BindingPattern, BindingProperty, CallExpression, ExportFromDeclaration,
        ExportSpecifier, Expression, ImportDeclaration, ImportDeclarationSpecifier,
        ImportExpression, ImportSpecifier, NewExpression, ObjectPattern, ObjectPropertyKind,
        Statement, StringLiteral, TSImportEqualsDeclaration, TSImportType, TSImportTypeQualifier,
        TSModuleReference, VariableDeclaration, VariableDeclarator,
    },
};
use oxc_semantic::{NodeId, SymbolId};
use oxc_span::{GetSpan, Span};

impl<'a> Checker<'_, 'a> {
    // import … from '…'

    pub(super) fn import_declaration(&self, import: &ImportDeclaration<'a>) {
        let entry = import.source.value.as_str();
        if entry.starts_with("$env/") {
            self.environment_import(import);
            return;
        }
        if clerk_package(entry).is_none() {
            return;
        }
        if self.removed_entry(entry, import) {
            return;
        }
        for specifier in import.specifiers.iter().flatten() {
            match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                    let name = export_name(&specifier.imported);
                    for rule in self.index.export_rules(entry, name) {
                        self.imported_name(import, specifier, name, rule);
                    }
                }
                ImportDeclarationSpecifier::ImportDefaultSpecifier(specifier) => {
                    for rule in self.index.export_rules(entry, "default") {
                        let symbol = specifier.local.symbol_id.get();
                        self.imported_default(
                            import,
                            specifier.local.name.as_str(),
                            specifier.span,
                            symbol,
                            rule,
                        );
                    }
                    // With the interop of bundlers the default of a CommonJS module is the module.
                    if let Some(symbol) = specifier.local.symbol_id.get() {
                        self.namespace_members(entry, &import.source, symbol, true);
                    }
                }
                ImportDeclarationSpecifier::ImportNamespaceSpecifier(specifier) => {
                    if let Some(symbol) = specifier.local.symbol_id.get() {
                        self.namespace_members(entry, &import.source, symbol, false);
                    }
                }
            }
        }
    }

    /// SvelteKit's `import { CLERK_API_KEY } from '$env/static/private'`.
    fn environment_import(&self, import: &ImportDeclaration<'a>) {
        for specifier in import.specifiers.iter().flatten() {
            let ImportDeclarationSpecifier::ImportSpecifier(specifier) = specifier else {
                continue;
            };
            let name = export_name(&specifier.imported);
            if !name.contains("CLERK_") {
                continue;
            }
            let is_alias = specifier.imported.span() != specifier.local.span;
            self.imported_variable(name, specifier.imported.span(), is_alias);
        }
    }

    fn imported_name(
        &self,
        import: &ImportDeclaration<'a>,
        specifier: &ImportSpecifier<'a>,
        name: &str,
        rule: &'static Rule,
    ) {
        let entry = import.source.value.as_str();
        let origin = Self::imported_from(entry);
        let symbol = specifier.local.symbol_id.get();
        let local = specifier.local.name.as_str();
        match &rule.change {
            Change::ExportMoved { to, others, .. } => {
                let to = others.get::<str>(name.as_ref()).unwrap_or(to);
                let edits = self.moved_import(import, specifier, to, name);
                let fix = self.moved_fix(entry, to, rule, &self.uses_of(symbol), edits);
                let what = self.moved(name, to, entry);
                self.report(rule, &origin, specifier.span, &what, fix);
            }
            Change::ExportRenamed {
                to,
                factory,
                entry: new_entry,
                ..
            } => {
                let mut edits;
                let mut is_safe = true;
                let target = new_entry.as_deref();
                let others = import
                    .specifiers
                    .iter()
                    .flatten()
                    .find_map(|other| match other {
                        ImportDeclarationSpecifier::ImportSpecifier(other)
                            if export_name(&other.imported) == to =>
                        {
                            Some(other)
                        }
                        _ => None,
                    });
                if let (Some(other), Some(symbol)) = (others, symbol) {
                    // The new name is imported beside the old one: use it.
                    edits = vec![self.without_specifier(import, specifier.span)];
                    edits.extend(self.rename_references(symbol, other.local.name.as_str()));
                    is_safe = !self.is_exported(symbol);
                } else if local == name && !self.is_name_taken(to) {
                    edits = vec![replace(specifier.local.span, to.as_str())];
                    if let Some(symbol) = symbol {
                        edits.extend(self.rename_references(symbol, to));
                        is_safe = !self.is_exported(symbol);
                    }
                } else if specifier.imported.span() == specifier.local.span {
                    edits = vec![replace(
                        specifier.imported.span(),
                        format!("{to} as {local}"),
                    )];
                } else if local == to {
                    edits = vec![replace(
                        Span::new(specifier.imported.span().start, specifier.local.span.end),
                        to.as_str(),
                    )];
                } else {
                    edits = vec![replace(specifier.imported.span(), to.as_str())];
                }
                if *factory && let Some(symbol) = symbol {
                    edits.extend(self.without_new(symbol));
                }
                if let Some(target) = target.filter(|target| *target != entry) {
                    edits.push(self.source_edit(&import.source, target));
                    is_safe &= import
                        .specifiers
                        .as_ref()
                        .is_some_and(|specifiers| specifiers.len() == 1);
                }
                let fix = if is_safe {
                    Fix::Safe(edits)
                } else {
                    Fix::Review(edits)
                };
                self.report(
                    rule,
                    &origin,
                    specifier.span,
                    &format!("`{name}` is `{to}` in Core 2"),
                    fix,
                );
            }
            Change::ExportToMember { object, .. } => {
                let fix = symbol.map_or(Fix::None, |symbol| {
                    self.import_to_member(import, specifier, symbol, name, object)
                });
                let what = format!("`{name}` is no export in Core 2, use `{object}.{name}`");
                self.report(rule, &origin, specifier.span, &what, fix);
            }
            Change::ExportRemoved { replacement, .. } => {
                let fix = match (replacement, symbol) {
                    (Some(replacement), Some(symbol)) if !self.is_exported(symbol) => {
                        let mut edits = self.rename_references(symbol, replacement);
                        edits.push(self.without_specifier(import, specifier.span));
                        Fix::Review(edits)
                    }
                    _ => Fix::None,
                };
                self.report(
                    rule,
                    &origin,
                    specifier.span,
                    &format!("`{name}` {}", gone(rule)),
                    fix,
                );
            }
            Change::HostMoved { .. } => {
                self.report(
                    rule,
                    &origin,
                    specifier.span,
                    &format!("`{name}` has another value in Core 2"),
                    Fix::None,
                );
            }
            Change::MiddlewareReplaced { .. } => self.imported_middleware(import, specifier, rule),
            Change::ExportTypeOnly { .. } => {
                if import.import_kind.is_type() || specifier.import_kind.is_type() {
                    return;
                }
                if let Some(symbol) = symbol {
                    self.value_uses(symbol, name, rule, &origin);
                }
            }
            Change::SettersFolded { option, .. } => {
                let fix = match Taken::by_import(import) {
                    Some(taken) => self.folded_setters(entry, &taken),
                    None => Fix::None,
                };
                let what =
                    format!("`{name}` is gone in Core 2, give `{option}` to `createClerkClient`");
                self.report(rule, &origin, specifier.span, &what, fix);
                if let Some(symbol) = symbol {
                    for node in self.module.references(symbol) {
                        if let AstKind::CallExpression(call) = self.module.outer(node).1 {
                            self.report(rule, &origin, call.callee.span(), &what, Fix::None);
                        }
                    }
                }
            }
            _ => {}
        }
    }

    /// Uses of an import as a value where only a type is left.
    fn value_uses(&self, symbol: SymbolId, name: &str, rule: &'static Rule, origin: &Origin) {
        for reference in self
            .module
            .semantic
            .scoping()
            .get_resolved_references(symbol)
        {
            if reference.is_type() || !reference.is_value() {
                continue;
            }
            let span = self.module.kind(reference.node_id()).span();
            match self
                .module
                .semantic
                .nodes()
                .parent_kind(reference.node_id())
            {
                AstKind::ExportSpecifier(_) | AstKind::TSTypeQuery(_) => continue,
                _ => {}
            }
            self.report(
                rule,
                origin,
                span,
                &format!("`{name}` is a type only in Core 2, it cannot be used as a value"),
                Fix::None,
            );
        }
    }

    fn imported_default(
        &self,
        import: &ImportDeclaration<'a>,
        local: &str,
        span: Span,
        symbol: Option<SymbolId>,
        rule: &'static Rule,
    ) {
        let Change::ExportRenamed {
            to,
            factory,
            entry: new_entry,
            ..
        } = &rule.change
        else {
            return;
        };
        let entry = import.source.value.as_str();
        let origin = Self::imported_from(entry);
        // The singleton was exported; who calls it meant the factory.
        let is_called = symbol.is_some_and(|symbol| self.is_called(symbol));
        let meant = if is_called && !factory && to == "clerkClient" {
            "createClerkClient"
        } else {
            to.as_str()
        };
        let mut is_safe = meant == to;
        let mut edits = Vec::new();
        let specifier = if local == meant {
            meant.to_owned()
        } else if local == "Clerk" && (*factory || is_called) && !self.is_name_taken(meant) {
            if let Some(symbol) = symbol {
                edits.extend(self.rename_references(symbol, meant));
                is_safe &= !self.is_exported(symbol);
            }
            meant.to_owned()
        } else {
            format!("{meant} as {local}")
        };
        if (*factory || is_called)
            && to != "Clerk"
            && let Some(symbol) = symbol
        {
            edits.extend(self.without_new(symbol));
        }
        let named: Vec<_> = import.specifiers.iter().flatten().skip(1).collect();
        match named.first() {
            None if self.source(import.span)[(span.end - import.span.start) as usize..]
                .trim_start()
                .starts_with(',') =>
            {
                // `import d, {} from`
                return;
            }
            None => match new_entry
                .as_deref()
                .and_then(|entry| self.mergeable_import(import, entry))
            {
                Some(other) => {
                    edits.push(self.with_specifier(other, &specifier));
                    edits.push(self.without_statement(import.span));
                }
                None => edits.push(replace(span, format!("{{ {specifier} }}"))),
            },
            Some(ImportDeclarationSpecifier::ImportSpecifier(first)) => {
                let already = named.iter().find_map(|named| match named {
                    ImportDeclarationSpecifier::ImportSpecifier(named)
                        if export_name(&named.imported) == meant =>
                    {
                        Some(named.local.name.as_str())
                    }
                    _ => None,
                });
                let brace = self.module.text[span.end as usize..]
                    .find('{')
                    .map_or(first.span.start, |at| {
                        span.end + u32::try_from(at).unwrap_or(0)
                    });
                edits.push(replace(Span::new(span.start, brace), ""));
                match (already, symbol) {
                    // It is imported by its name as well: use that.
                    (Some(known), Some(symbol)) => {
                        edits.retain(|edit| edit.span.end <= import.span.end);
                        edits.extend(self.rename_references(symbol, known));
                        is_safe &= !self.is_exported(symbol) && !*factory && !is_called;
                    }
                    _ => edits.push(insert(first.span.start, format!("{specifier}, "))),
                }
            }
            Some(_) => return,
        }
        let merged = edits
            .iter()
            .any(|edit| edit.span == (import.span.start..import.span.end));
        if let (Some(target), false) = (
            new_entry,
            merged
                || named.is_empty()
                    && self
                        .mergeable_import(import, new_entry.as_deref().unwrap_or(""))
                        .is_some(),
        ) {
            edits.push(self.source_edit(&import.source, target));
        }
        let what = format!("the default export of `{entry}` is `{meant}` in Core 2");
        let fix = if is_safe {
            Fix::Safe(edits)
        } else {
            Fix::Review(edits)
        };
        self.report(rule, &origin, span, &what, fix);
    }

    /// Whether a binding is called or constructed.
    fn is_called(&self, symbol: SymbolId) -> bool {
        let mut uses = self.module.references(symbol);
        uses.any(|node| self.is_callee(node))
    }

    fn is_callee(&self, node: NodeId) -> bool {
        let span = self.module.kind(node).span();
        match self.module.semantic.nodes().parent_kind(node) {
            AstKind::CallExpression(call) => call.callee.span() == span,
            AstKind::NewExpression(new) => new.callee.span() == span,
            _ => false,
        }
    }

    /// Edits that turn `new X(…)` into `X(…)` for every use of a binding.
    fn without_new(&self, symbol: SymbolId) -> Vec<Edit> {
        let nodes: Vec<NodeId> = self.module.references(symbol).collect();
        let mut edits = Vec::new();
        for node in nodes {
            let AstKind::NewExpression(new) = self.module.semantic.nodes().parent_kind(node) else {
                continue;
            };
            if new.callee.span() == self.module.kind(node).span() {
                edits.extend(self.new_edits(new));
            }
        }
        edits
    }

    fn new_edits(&self, new: &NewExpression<'a>) -> Vec<Edit> {
        // Stops one byte before the callee, which another edit may replace.
        let callee = new.callee.span().start;
        let mut edits = vec![replace(Span::new(new.span.start, callee), "")];
        if !self.source(new.span).ends_with(')') {
            edits.push(insert(new.span.end, "()"));
        }
        edits
    }

    /// `import { users }` becomes `import { clerkClient }` and `clerkClient.users`.
    fn import_to_member(
        &self,
        import: &ImportDeclaration<'a>,
        specifier: &ImportSpecifier<'a>,
        symbol: SymbolId,
        name: &str,
        object: &str,
    ) -> Fix {
        if self.is_exported(symbol) {
            return Fix::None;
        }
        let entry = import.source.value.as_str();
        let known = self.bindings_of(entry, object);
        let mut edits;
        let base = match known {
            Some(local) => {
                edits = vec![self.without_specifier(import, specifier.span)];
                local
            }
            None if self.is_name_taken(object) => return Fix::None,
            None => {
                edits = vec![replace(specifier.span, object)];
                object.to_owned()
            }
        };
        // Where the whole statement goes, there is nothing left to keep others away from.
        let claim = self.claim(import.span);
        if !edits
            .iter()
            .any(|edit| edit.span.contains(&claim.span.start))
        {
            edits.push(claim);
        }
        edits.extend(self.rename_references(symbol, &format!("{base}.{name}")));
        Fix::Safe(edits)
    }

    /// An edit that changes nothing and keeps other fixes of the same pass away from a statement: each of them may add
    /// what the other has added already.
    fn claim(&self, statement: Span) -> Edit {
        let first = Span::new(statement.start, statement.start + 1);
        replace(first, self.source(first))
    }

    /// The local name under which an export is imported already.
    fn bindings_of(&self, entry: &str, name: &str) -> Option<String> {
        self.module.program().body.iter().find_map(|statement| {
            let Statement::ImportDeclaration(import) = statement else {
                return None;
            };
            if import.source.value != entry || import.import_kind.is_type() {
                return None;
            }
            import
                .specifiers
                .iter()
                .flatten()
                .find_map(|specifier| match specifier {
                    ImportDeclarationSpecifier::ImportSpecifier(specifier)
                        if export_name(&specifier.imported) == name =>
                    {
                        Some(specifier.local.name.as_str().to_owned())
                    }
                    _ => None,
                })
        })
    }

    /// Calls of setters become the options of an own client: each one unconditional, in the body of the module.
    fn folded_setters(&self, entry: &str, taken: &[Taken<'a>]) -> Fix {
        // They go together, whichever of them is asked about.
        let all = RuleSet::all();
        let mut options: Vec<(&str, &str)> = Vec::new();
        let mut statements: Vec<Span> = Vec::new();
        let mut members: Vec<(&str, SymbolId)> = Vec::new();
        let mut kept: Vec<String> = vec!["createClerkClient".to_owned()];
        let mut singleton = None;
        for item in taken {
            if item.name == "clerkClient" {
                singleton = Some(item.local);
                continue;
            }
            let rules = all.index().export_rules(entry, &item.name).iter();
            let change = rules.map(|rule| &rule.change).find(|change| {
                matches!(
                    change,
                    Change::SettersFolded { .. } | Change::ExportToMember { .. }
                )
            });
            match (change, item.symbol) {
                (Some(Change::SettersFolded { option, .. }), Some(symbol)) => {
                    let Some((statement, value)) = self.only_call(symbol) else {
                        return Fix::None;
                    };
                    if option == "httpOptions" {
                        return Fix::None;
                    }
                    options.push((option, self.source(value)));
                    statements.push(statement);
                }
                (Some(_), Some(symbol)) if !self.is_exported(symbol) => {
                    members.push((&item.name, symbol));
                }
                (Some(_), _) => return Fix::None,
                (None, _) => kept.push(self.source(item.span).to_owned()),
            }
        }
        let name = singleton.unwrap_or("clerkClient");
        if self.is_name_taken("createClerkClient")
            || singleton.is_none() && self.is_name_taken("clerkClient")
        {
            return Fix::None;
        }
        let (Some(first), Some(last), Some(at)) = (
            taken.first(),
            taken.last(),
            statements.iter().max_by_key(|it| it.start),
        ) else {
            return Fix::None;
        };
        if !options.iter().any(|(option, _)| *option == "secretKey") {
            // The ready client took it from the environment by itself.
            options.insert(0, ("secretKey", "process.env.CLERK_SECRET_KEY"));
        }
        let options: Vec<String> = (options.iter())
            .map(|(option, value)| format!("{option}: {value}"))
            .collect();
        let end = if self.source(*at).ends_with(';') {
            ";"
        } else {
            ""
        };
        let client = format!(
            "const {name} = createClerkClient({{ {} }}){end}",
            options.join(", ")
        );
        let indent = self.indent_of(first.span);
        let separator = match indent {
            "" => ", ".to_owned(),
            indent => format!(",\n{indent}"),
        };
        let names = Span::new(first.span.start, last.span.end);
        let mut edits = vec![replace(names, kept.join(&separator)), replace(*at, client)];
        let others = statements.iter().filter(|statement| *statement != at);
        edits.extend(others.map(|statement| self.without_statement(*statement)));
        for (member, symbol) in members {
            edits.extend(self.rename_references(symbol, &format!("{name}.{member}")));
        }
        Fix::Review(edits)
    }

    /// The statement of the only use of a function, which is a call in the body of the module with one argument, and
    /// the argument.
    fn only_call(&self, symbol: SymbolId) -> Option<(Span, Span)> {
        let references: Vec<NodeId> = self.module.references(symbol).collect();
        let [reference] = references.as_slice() else {
            return None;
        };
        let (callee, AstKind::CallExpression(call)) = self.module.outer(*reference) else {
            return None;
        };
        let [argument] = call.arguments.as_slice() else {
            return None;
        };
        let value = argument.as_expression()?.span();
        let mut body = self.module.program().body.iter();
        let parent = self.module.parent(self.module.parent(callee));
        let statement = self.module.kind(parent).span();
        let is_in_body = matches!(self.module.kind(parent), AstKind::ExpressionStatement(_))
            && body.any(|it| it.span() == statement);
        is_in_body.then_some((statement, value))
    }

    // Entries that are gone.

    /// Whether the entry is gone; reports it if so.
    fn removed_entry(&self, entry: &str, import: &ImportDeclaration<'a>) -> bool {
        let Some((rule, to)) = self.entry_rule(entry) else {
            return false;
        };
        let mut names = Vec::new();
        for specifier in import.specifiers.iter().flatten() {
            match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                    names.push((
                        export_name(&specifier.imported),
                        self.source(specifier.span),
                    ));
                }
                _ => names.clear(),
            }
        }
        let complete = names.len()
            == import
                .specifiers
                .as_ref()
                .map_or(0, |specifiers| specifiers.len());
        let targets: Option<Vec<&str>> = names
            .iter()
            .map(|(name, _)| entry_target(to, entry, name))
            .collect();
        let fix = match targets {
            Some(targets) if complete && !targets.is_empty() => {
                if targets.iter().all(|target| *target == targets[0]) {
                    Fix::Review(vec![self.source_edit(&import.source, targets[0])])
                } else {
                    Fix::Review(vec![replace(
                        import.span,
                        self.split_statement(import, &names, &targets),
                    )])
                }
            }
            _ => Fix::None,
        };
        let what = format!("`{entry}` is gone in Core 2");
        self.report(
            rule,
            &Self::imported_from_itself(entry),
            import.source.span,
            &what,
            fix,
        );
        true
    }

    fn split_statement(
        &self,
        import: &ImportDeclaration<'a>,
        names: &[(&str, &str)],
        targets: &[&str],
    ) -> String {
        let mut order: Vec<&str> = Vec::new();
        for target in targets {
            if !order.contains(target) {
                order.push(target);
            }
        }
        let quote = self.quote(import.source.span);
        let end = if self.source(import.span).ends_with(';') {
            ";"
        } else {
            ""
        };
        let keyword = if import.import_kind.is_type() {
            "import type"
        } else {
            "import"
        };
        let statements = order.into_iter().map(|target| {
            let specifiers: Vec<&str> = names
                .iter()
                .zip(targets)
                .filter(|(_, other)| **other == target)
                .map(|((_, text), _)| *text)
                .collect();
            format!(
                "{keyword} {{ {} }} from {quote}{target}{quote}{end}",
                specifiers.join(", ")
            )
        });
        statements
            .collect::<Vec<_>>()
            .join(&format!("\n{}", self.indent_of(import.span)))
    }

    pub(super) fn imported_from_itself(entry: &str) -> Origin {
        Origin {
            package: split_package(entry).0.to_owned(),
            confidence: Confidence::Certain,
            why: String::new(),
        }
    }

    pub(super) fn entry_rule(
        &self,
        entry: &str,
    ) -> Option<(
        &'static Rule,
        &'static std::collections::BTreeMap<String, String>,
    )> {
        let package = clerk_package(entry)?;
        let rule = self.index.entries.iter().find(|(pattern, rule)| {
            rule.packages.iter().any(|known| known == package) && matches_entry(pattern, entry)
        })?;
        match &rule.1.change {
            Change::EntryRemoved { to, .. } => Some((rule.1, to)),
            _ => None,
        }
    }

    /// An entry that is gone, named in `require`, `import()` and the like.
    fn removed_entry_literal(&self, entry: &str, literal: Span, name: Option<&str>) -> bool {
        let Some((rule, to)) = self.entry_rule(entry) else {
            return false;
        };
        let fix = match name.and_then(|name| entry_target(to, entry, name)) {
            Some(target) => Fix::Review(vec![replace(
                Span::new(literal.start + 1, literal.end - 1),
                target,
            )]),
            None => Fix::None,
        };
        let what = format!("`{entry}` is gone in Core 2");
        self.report(
            rule,
            &Self::imported_from_itself(entry),
            literal,
            &what,
            fix,
        );
        true
    }

    // Edits of import declarations.

    pub(super) fn source_edit(&self, source: &StringLiteral<'a>, to: &str) -> Edit {
        replace(Span::new(source.span.start + 1, source.span.end - 1), to)
    }

    fn indent_of(&self, span: Span) -> &'a str {
        let line = self.module.text[..span.start as usize]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let before = &self.module.text[line..span.start as usize];
        if before.trim().is_empty() { before } else { "" }
    }

    /// The edits that import a name from another entry instead.
    fn moved_import(
        &self,
        import: &ImportDeclaration<'a>,
        specifier: &ImportSpecifier<'a>,
        to: &str,
        name: &str,
    ) -> Vec<Edit> {
        let specifiers = import
            .specifiers
            .as_ref()
            .map_or(&[][..], |specifiers| specifiers.as_slice());
        let is_type = import.import_kind.is_type();
        let mut text = self.source(specifier.span).to_owned();
        let _ = name;
        let target = self
            .mergeable_import(import, to)
            .filter(|other| !other.import_kind.is_type() || is_type);
        if let Some(target) = target {
            if is_type && !target.import_kind.is_type() {
                text = format!("type {text}");
            }
            let removal = if specifiers.len() == 1 {
                self.without_statement(import.span)
            } else {
                self.without_specifier(import, specifier.span)
            };
            return vec![removal, self.with_specifier(target, &text)];
        }
        if specifiers.len() == 1 || self.all_move(import, to) {
            return vec![self.source_edit(&import.source, to)];
        }
        let quote = self.quote(import.source.span);
        let end = if self.source(import.span).ends_with(';') {
            ";"
        } else {
            ""
        };
        let keyword = if is_type { "import type" } else { "import" };
        let indent = self.indent_of(import.span);
        let statement = format!("\n{indent}{keyword} {{ {text} }} from {quote}{to}{quote}{end}");
        vec![
            self.without_specifier(import, specifier.span),
            insert(import.span.end, statement),
        ]
    }

    /// Whether every name of a declaration is one that moved to the same entry.
    fn all_move(&self, import: &ImportDeclaration<'a>, entry: &str) -> bool {
        import
            .specifiers
            .iter()
            .flatten()
            .all(|specifier| match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(specifier) => {
                    let name = export_name(&specifier.imported);
                    self.moves_to(import.source.value.as_str(), name, entry)
                }
                _ => false,
            })
    }

    /// Whether an export of one entry is at another one now.
    fn moves_to(&self, from: &str, name: &str, to: &str) -> bool {
        let mut rules = self.index.export_rules(from, name).iter();
        rules.any(|rule| match &rule.change {
            Change::ExportMoved {
                to: target, others, ..
            } => others.get(name).unwrap_or(target) == to,
            _ => false,
        })
    }

    /// Another import declaration of an entry that can take one more name.
    fn mergeable_import(
        &self,
        import: &ImportDeclaration<'a>,
        entry: &str,
    ) -> Option<&'a ImportDeclaration<'a>> {
        self.module
            .program()
            .body
            .iter()
            .find_map(|statement| match statement {
                Statement::ImportDeclaration(other)
                    if other.source.value == entry
                        && other.span != import.span
                        && other.specifiers.as_ref().is_some_and(|specifiers| {
                            specifiers.iter().any(|specifier| {
                                matches!(specifier, ImportDeclarationSpecifier::ImportSpecifier(_))
                            })
                        }) =>
                {
                    Some(&**other)
                }
                _ => None,
            })
    }

    /// Adds a name to a declaration that has names, in its style.
    fn with_specifier(&self, import: &ImportDeclaration<'a>, text: &str) -> Edit {
        let last = import
            .specifiers
            .iter()
            .flatten()
            .next_back()
            .map_or(import.span, GetSpan::span);
        let indent = self.indent_of(last);
        if !indent.is_empty() {
            return insert(last.end, format!(",\n{indent}{text}"));
        }
        insert(last.end, format!(", {text}"))
    }

    /// Takes a name out of a declaration; the last name takes the declaration with it.
    pub(super) fn without_specifier(
        &self,
        import: &ImportDeclaration<'a>,
        specifier: Span,
    ) -> Edit {
        let all: Vec<Span> = import
            .specifiers
            .iter()
            .flatten()
            .map(GetSpan::span)
            .collect();
        if all.len() == 1 {
            return self.without_statement(import.span);
        }
        let is_named = |span: Span| {
            import.specifiers.iter().flatten().any(|other| {
                other.span() == span
                    && matches!(other, ImportDeclarationSpecifier::ImportSpecifier(_))
            })
        };
        let named: Vec<Span> = all.iter().copied().filter(|span| is_named(*span)).collect();
        if named.len() == 1 {
            // `import d, { a } from`: the braces go as well.
            let brace = self.module.text[specifier.end as usize..]
                .find('}')
                .map_or(specifier.end, |at| {
                    specifier.end + u32::try_from(at).unwrap_or(0) + 1
                });
            return replace(Span::new(all[0].end, brace), "");
        }
        self.without_item(&named, specifier)
    }

    /// Takes an item out of a list between brackets.
    fn without_item(&self, items: &[Span], item: Span) -> Edit {
        let position = items.iter().position(|other| *other == item).unwrap_or(0);
        if position + 1 < items.len() {
            let end = after_comma(self.module.text, item.end);
            let rest = &self.module.text[end as usize..];
            let blank = rest.len() - rest.trim_start().len();
            return replace(
                Span::new(item.start, end + u32::try_from(blank).unwrap_or(0)),
                "",
            );
        }
        match position.checked_sub(1) {
            Some(before) => self.without_last(items[before].end, item),
            None => replace(item, ""),
        }
    }

    /// Takes a statement out, with its line when nothing else stands on it.
    fn without_statement(&self, span: Span) -> Edit {
        let text = self.module.text;
        let line = text[..span.start as usize]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let start = if text[line..span.start as usize].trim().is_empty() {
            line
        } else {
            span.start as usize
        };
        let rest = &text[span.end as usize..];
        let end = if start == line {
            if rest.starts_with("\r\n") {
                span.end as usize + 2
            } else if rest.starts_with('\n') {
                span.end as usize + 1
            } else {
                span.end as usize
            }
        } else {
            span.end as usize
        };
        let offset = |at: usize| u32::try_from(at).unwrap_or(span.end);
        replace(Span::new(offset(start), offset(end)), "")
    }

    /// What is said of a name that moved.
    fn moved(&self, name: &str, to: &str, from: &str) -> String {
        let what = format!("`{name}` is exported by `{to}` in Core 2");
        match self.undeclared(from, to) {
            Some(package) => format!("{what}; add `{package}` to package.json"),
            None => what,
        }
    }

    /// The package of the new entry, if it is another one and nobody depends on it yet.
    fn undeclared<'t>(&self, from: &str, to: &'t str) -> Option<&'t str> {
        let package = split_package(to).0;
        let project = self.module.project;
        let is_at_hand =
            split_package(from).0 == package || project.declares(self.module.package, package);
        (!is_at_hand).then_some(package)
    }

    /// How far a move can be trusted: a package that is not declared has to be added first, and some uses need more than
    /// the move.
    fn moved_fix(
        &self,
        from: &str,
        to: &str,
        rule: &Rule,
        uses: &[NodeId],
        edits: Vec<Edit>,
    ) -> Fix {
        let needs_more = uses
            .iter()
            .any(|node| self.needs_more_than_move(rule, *node));
        if needs_more || self.undeclared(from, to).is_some() {
            Fix::Review(edits)
        } else {
            Fix::Safe(edits)
        }
    }

    fn needs_more_than_move(&self, rule: &Rule, node: NodeId) -> bool {
        const KEPT: [&str; 4] = ["Headers", "Cookies", "Attributes", "ContentTypes"];
        match rule.id {
            // `constants.SearchParams` is not there any more.
            "backend-import-constants" => match self.module.outer(node).1 {
                AstKind::StaticMemberExpression(member) => {
                    !KEPT.contains(&member.property.name.as_str())
                }
                AstKind::ExportSpecifier(_) => false,
                _ => true,
            },
            // Its options have another shape.
            "backend-import-create-authenticate-request" => self.is_callee(node),
            _ => false,
        }
    }

    /// The nodes that refer to a binding.
    fn uses_of(&self, symbol: Option<SymbolId>) -> Vec<NodeId> {
        let uses = symbol.map(|symbol| self.module.references(symbol));
        uses.into_iter().flatten().collect()
    }

    // export … from '…'

    pub(super) fn export_from(&self, export: &ExportFromDeclaration<'a>) {
        let entry = export.source.value.as_str();
        if clerk_package(entry).is_none() {
            return;
        }
        if self.removed_entry_literal(entry, export.source.span, single_export(export)) {
            return;
        }
        let origin = Self::imported_from(entry);
        for specifier in &export.specifiers {
            let name = export_name(&specifier.local);
            for rule in self.index.export_rules(entry, name) {
                match &rule.change {
                    Change::ExportMoved { to, others, .. } => {
                        let to = others.get::<str>(name.as_ref()).unwrap_or(to);
                        let edits = self.moved_export(export, specifier, to);
                        let fix = self.moved_fix(entry, to, rule, &[], edits);
                        let what = self.moved(name, to, entry);
                        self.report(rule, &origin, specifier.span, &what, fix);
                    }
                    Change::ExportRenamed {
                        to,
                        entry: new_entry,
                        ..
                    } => {
                        let exported = export_name(&specifier.exported);
                        let text = if exported == to {
                            to.clone()
                        } else {
                            format!("{to} as {exported}")
                        };
                        let fix = match new_entry {
                            None => Fix::Review(vec![replace(specifier.span, text)]),
                            Some(target) if export.specifiers.len() == 1 => Fix::Review(vec![
                                replace(specifier.span, text),
                                self.source_edit(&export.source, target),
                            ]),
                            Some(_) => Fix::None,
                        };
                        self.report(
                            rule,
                            &origin,
                            specifier.span,
                            &format!("`{name}` is `{to}` in Core 2"),
                            fix,
                        );
                    }
                    Change::ExportRemoved { .. }
                    | Change::MiddlewareReplaced { .. }
                    | Change::ExportToMember { .. }
                    | Change::SettersFolded { .. } => {
                        self.report(
                            rule,
                            &origin,
                            specifier.span,
                            &format!("`{name}` {}", gone(rule)),
                            Fix::None,
                        );
                    }
                    Change::HostMoved { .. } => {
                        self.report(
                            rule,
                            &origin,
                            specifier.span,
                            &format!("`{name}` has another value in Core 2"),
                            Fix::None,
                        );
                    }
                    _ => {}
                }
            }
        }
    }

    fn moved_export(
        &self,
        export: &ExportFromDeclaration<'a>,
        specifier: &ExportSpecifier<'a>,
        to: &str,
    ) -> Vec<Edit> {
        if export.specifiers.len() == 1 {
            return vec![self.source_edit(&export.source, to)];
        }
        let spans: Vec<Span> = export
            .specifiers
            .iter()
            .map(|specifier| specifier.span)
            .collect();
        let quote = self.quote(export.source.span);
        let end = if self.source(export.span).ends_with(';') {
            ";"
        } else {
            ""
        };
        let keyword = if export.export_kind.is_type() {
            "export type"
        } else {
            "export"
        };
        let text = self.source(specifier.span);
        let indent = self.indent_of(export.span);
        vec![
            self.without_item(&spans, specifier.span),
            insert(
                export.span.end,
                format!("\n{indent}{keyword} {{ {text} }} from {quote}{to}{quote}{end}"),
            ),
        ]
    }

    // import N = require('…')

    pub(super) fn import_equals(&self, import: &TSImportEqualsDeclaration<'a>) {
        let TSModuleReference::ExternalModuleReference(reference) = &import.module_reference else {
            return;
        };
        let entry = reference.expression.value.as_str();
        if clerk_package(entry).is_none()
            || self.removed_entry_literal(entry, reference.expression.span, None)
        {
            return;
        }
        if let Some(symbol) = import.id.symbol_id.get() {
            self.namespace_members(entry, &reference.expression, symbol, false);
        }
    }

    // import('…').T in types

    pub(super) fn import_type(&self, import: &TSImportType<'a>) {
        let entry = import.source.value.as_str();
        if clerk_package(entry).is_none() {
            return;
        }
        let Some(TSImportTypeQualifier::Identifier(name)) = &import.qualifier else {
            return;
        };
        if self.removed_entry_literal(entry, import.source.span, Some(name.name.as_str())) {
            return;
        }
        self.plain_use(entry, &import.source, name.name.as_str(), name.span, true);
    }

    /// A use of one export for which the entry stands right beside it.
    fn plain_use(
        &self,
        entry: &str,
        source: &StringLiteral<'a>,
        name: &str,
        span: Span,
        alone: bool,
    ) {
        let origin = Self::imported_from(entry);
        for rule in self.index.export_rules(entry, name) {
            let (what, fix) = match &rule.change {
                Change::ExportMoved { to, others, .. } => {
                    let to = others.get::<str>(name.as_ref()).unwrap_or(to);
                    let edits = vec![self.source_edit(source, to)];
                    let fix = if alone {
                        self.moved_fix(entry, to, rule, &[], edits)
                    } else {
                        Fix::None
                    };
                    (self.moved(name, to, entry), fix)
                }
                Change::ExportRenamed {
                    to,
                    entry: new_entry,
                    ..
                } => {
                    let mut edits = vec![replace(span, to.as_str())];
                    let mut possible = true;
                    if let Some(target) = new_entry {
                        edits.push(self.source_edit(source, target));
                        possible = alone;
                    }
                    let fix = if possible {
                        Fix::Safe(edits)
                    } else {
                        Fix::None
                    };
                    (format!("`{name}` is `{to}` in Core 2"), fix)
                }
                Change::ExportToMember { object, .. } => {
                    let fix = Fix::Safe(vec![insert(span.start, format!("{object}."))]);
                    (
                        format!("`{name}` is no export in Core 2, use `{object}.{name}`"),
                        fix,
                    )
                }
                Change::ExportRemoved { .. }
                | Change::MiddlewareReplaced { .. }
                | Change::SettersFolded { .. } => (format!("`{name}` {}", gone(rule)), Fix::None),
                Change::HostMoved { .. } => {
                    (format!("`{name}` has another value in Core 2"), Fix::None)
                }
                _ => continue,
            };
            self.report(rule, &origin, span, &what, fix);
        }
    }

    // import * as N, const N = require('…')

    /// Members of a whole module that is bound to a name.
    fn namespace_members(
        &self,
        entry: &str,
        source: &StringLiteral<'a>,
        symbol: SymbolId,
        is_default: bool,
    ) {
        let nodes = self.module.semantic.nodes();
        let references: Vec<NodeId> = self.module.references(symbol).collect();
        let mut uses: Vec<(String, Span, NodeId)> = Vec::new();
        for node in &references {
            let (outermost, kind) = self.module.outer(*node);
            let span = nodes.kind(outermost).span();
            match kind {
                AstKind::StaticMemberExpression(member) if member.object.span() == span => {
                    uses.push((
                        member.property.name.as_str().to_owned(),
                        member.property.span,
                        self.module.parent(outermost),
                    ));
                }
                AstKind::ComputedMemberExpression(member) if member.object.span() == span => {
                    if let Expression::StringLiteral(key) = &member.expression {
                        let inside = Span::new(key.span.start + 1, key.span.end - 1);
                        uses.push((
                            key.value.as_str().to_owned(),
                            inside,
                            self.module.parent(outermost),
                        ));
                    }
                }
                AstKind::TSQualifiedName(name) => {
                    uses.push((
                        name.right.name.as_str().to_owned(),
                        name.right.span,
                        self.module.parent(outermost),
                    ));
                }
                AstKind::VariableDeclarator(declarator) => {
                    if let BindingPattern::ObjectPattern(pattern) = &declarator.id {
                        for property in &pattern.properties {
                            if let Some(name) = property.key.static_name()
                                && !is_default
                            {
                                self.destructured_use(entry, None, pattern, property, &name);
                            }
                        }
                    }
                }
                _ => {}
            }
        }
        let mut seen: Vec<String> = Vec::new();
        for (name, span, node) in &uses {
            let rules = self.index.export_rules(entry, name);
            for rule in rules {
                if is_default
                    && !matches!(
                        rule.change,
                        Change::ExportMoved { .. } | Change::ExportRenamed { .. }
                    )
                {
                    continue;
                }
                let origin = Self::imported_from(entry);
                match &rule.change {
                    Change::ExportMoved { to, others, .. } => {
                        let to = others.get::<str>(name.as_ref()).unwrap_or(to);
                        if seen.contains(name) {
                            continue;
                        }
                        let all_move = references.len() == uses.len()
                            && self.brings_one_name(source)
                            && uses.iter().all(|(other, _, _)| {
                                self.index.export_rules(entry, other).iter().any(|rule| {
                                    matches!(&rule.change, Change::ExportMoved { to: target, others, .. } if others.get(other).unwrap_or(target) == to)
                                })
                            });
                        let edits = if all_move {
                            Some(vec![self.source_edit(source, to)])
                        } else {
                            self.namespace_member_moved(source, to, name, &uses)
                        };
                        let own = uses.iter().filter(|(other, _, _)| other == name);
                        let own: Vec<NodeId> = own.map(|it| it.2).collect();
                        let fix = edits.map_or(Fix::None, |edits| {
                            self.moved_fix(entry, to, rule, &own, edits)
                        });
                        let what = self.moved(name, to, entry);
                        self.report(rule, &origin, *span, &what, fix);
                    }
                    Change::ExportRenamed {
                        factory,
                        to,
                        entry: new_entry,
                        ..
                    } => {
                        let mut edits = vec![replace(*span, to.as_str())];
                        if *factory
                            && let AstKind::NewExpression(new) = nodes.parent_kind(*node)
                            && new.callee.span() == nodes.kind(*node).span()
                        {
                            edits.extend(self.new_edits(new));
                        }
                        if let Some(target) = new_entry {
                            edits.push(self.source_edit(source, target));
                        }
                        let fix = if new_entry.is_some() && uses.len() > 1 {
                            Fix::Review(edits)
                        } else {
                            Fix::Safe(edits)
                        };
                        self.report(
                            rule,
                            &origin,
                            *span,
                            &format!("`{name}` is `{to}` in Core 2"),
                            fix,
                        );
                    }
                    _ => self.plain_use(entry, source, name, *span, references.len() == 1),
                }
                if !matches!(
                    rule.change,
                    Change::ExportMoved { .. } | Change::ExportRenamed { .. }
                ) {
                    break;
                }
            }
            seen.push(name.clone());
        }
    }

    /// The statement of the program that a literal is in.
    fn statement_of(&self, source: &StringLiteral<'a>) -> Option<&'a Statement<'a>> {
        let mut statements = self.module.program().body.iter();
        statements.find(|statement| statement.span().contains_inclusive(source.span))
    }

    /// Whether an import has no second name beside the whole module: `import d, * as N from '…'`.
    fn brings_one_name(&self, source: &StringLiteral<'a>) -> bool {
        match self.statement_of(source) {
            Some(Statement::ImportDeclaration(import)) => import
                .specifiers
                .as_ref()
                .is_some_and(|names| names.len() == 1),
            _ => true,
        }
    }

    /// `N.verifyJwt` among other members: the name gets an import of its own.
    fn namespace_member_moved(
        &self,
        source: &StringLiteral<'a>,
        to: &str,
        name: &str,
        uses: &[(String, Span, NodeId)],
    ) -> Option<Vec<Edit>> {
        if self.is_name_taken(name) {
            return None;
        }
        let quote = self.quote(source.span);
        let (span, addition) = match self.statement_of(source) {
            Some(Statement::ImportDeclaration(import)) => {
                let keyword = if import.import_kind.is_type() {
                    "import type"
                } else {
                    "import"
                };
                let addition = format!("{keyword} {{ {name} }} from {quote}{to}{quote}");
                (import.span, addition)
            }
            // `const N = require('…')` alone in its statement.
            Some(Statement::VariableDeclaration(variables)) => {
                let [variable] = variables.declarations.as_slice() else {
                    return None;
                };
                let Some(Expression::CallExpression(call)) = &variable.init else {
                    return None;
                };
                if self.module.required(call) != Some(source.value.as_str()) {
                    return None;
                }
                let keyword = variables.kind.as_str();
                let addition = format!("{keyword} {{ {name} }} = require({quote}{to}{quote})");
                (variables.span, addition)
            }
            _ => return None,
        };
        let end = if self.source(span).ends_with(';') {
            ";"
        } else {
            ""
        };
        let mut edits = vec![insert(span.end, format!("\n{addition}{end}"))];
        for (other, _, node) in uses {
            if other == name {
                edits.push(replace(self.module.kind(*node).span(), name));
            }
        }
        Some(edits)
    }

    // require('…') and import('…')

    /// A `require` of a Clerk entry. Returns whether the call is one.
    pub(super) fn required_module(&self, id: NodeId, call: &CallExpression<'a>) -> bool {
        let Some(entry) = self.module.required(call) else {
            return false;
        };
        if clerk_package(entry).is_none() {
            return true;
        }
        let Some(Argument::StringLiteral(source)) = call.arguments.first() else {
            return true;
        };
        self.loaded_module(id, entry, source);
        true
    }

    pub(super) fn import_expression(&self, id: NodeId, import: &ImportExpression<'a>) {
        let Expression::StringLiteral(source) = &import.source else {
            return;
        };
        let entry = source.value.as_str();
        if clerk_package(entry).is_some() {
            self.loaded_module(id, entry, source);
        }
    }

    /// What becomes of a module that an expression gives, by what is around it.
    fn loaded_module(&self, id: NodeId, entry: &str, source: &StringLiteral<'a>) {
        let (mut outermost, mut kind) = self.module.outer(id);
        if let AstKind::AwaitExpression(_) = kind {
            let wait = self.module.parent(outermost);
            (outermost, kind) = self.module.outer(wait);
        }
        match kind {
            AstKind::StaticMemberExpression(member) if member.property.name == "then" => {
                let then = self.module.parent(outermost);
                if let AstKind::CallExpression(call) = self.module.outer(then).1 {
                    self.then_of_import(entry, source, call);
                }
            }
            AstKind::StaticMemberExpression(member) => {
                let name = member.property.name.as_str();
                if self.removed_entry_literal(entry, source.span, Some(name)) {
                    return;
                }
                let node = self.module.parent(outermost);
                self.loaded_member(entry, source, name, member.property.span, node);
            }
            AstKind::VariableDeclarator(declarator) => match &declarator.id {
                BindingPattern::ObjectPattern(pattern) => {
                    let single = match pattern.properties.as_slice() {
                        [only] => only.key.static_name(),
                        _ => None,
                    };
                    if self.removed_entry_literal(entry, source.span, single.as_deref()) {
                        return;
                    }
                    for property in &pattern.properties {
                        if let Some(name) = property.key.static_name() {
                            self.destructured_use(
                                entry,
                                Some((source, declarator)),
                                pattern,
                                property,
                                &name,
                            );
                        }
                    }
                }
                BindingPattern::BindingIdentifier(name) => {
                    if self.removed_entry_literal(entry, source.span, None) {
                        return;
                    }
                    if let Some(symbol) = name.symbol_id.get() {
                        self.namespace_members(entry, source, symbol, false);
                    }
                }
                _ => {}
            },
            _ => {
                self.removed_entry_literal(entry, source.span, None);
            }
        }
    }

    /// `require('…').name`.
    fn loaded_member(
        &self,
        entry: &str,
        source: &StringLiteral<'a>,
        name: &str,
        span: Span,
        member: NodeId,
    ) {
        let renamed = self
            .index
            .export_rules(entry, name)
            .iter()
            .find_map(|rule| match &rule.change {
                Change::ExportRenamed {
                    to, factory, entry, ..
                } => Some((*rule, to, *factory, entry.as_deref())),
                _ => None,
            });
        let Some((rule, to, factory, new_entry)) = renamed else {
            self.plain_use(entry, source, name, span, true);
            return;
        };
        let origin = Self::imported_from(entry);
        let mut edits = Vec::new();
        let mut is_safe = true;
        if let Some(target) = new_entry {
            edits.push(self.source_edit(source, target));
        }
        let (outermost, kind) = self.module.outer(member);
        match kind {
            AstKind::VariableDeclarator(declarator) => {
                let BindingPattern::BindingIdentifier(local) = &declarator.id else {
                    return;
                };
                let symbol = local.symbol_id.get();
                let is_called = symbol.is_some_and(|symbol| self.is_called(symbol));
                let meant = if is_called && !factory && to == "clerkClient" {
                    "createClerkClient"
                } else {
                    to.as_str()
                };
                is_safe &= meant == to;
                let object_end = span.start - 1;
                let renames =
                    local.name == "Clerk" && (factory || is_called) && !self.is_name_taken(meant);
                if renames || local.name == meant {
                    edits.push(replace(local.span, format!("{{ {meant} }}")));
                    edits.push(replace(
                        Span::new(self.dot_before(object_end), span.end),
                        "",
                    ));
                    if let Some(symbol) = symbol {
                        edits.extend(self.rename_references(symbol, meant));
                        is_safe &= !self.is_exported(symbol);
                    }
                } else {
                    edits.push(replace(span, meant));
                }
                if (factory || is_called)
                    && let Some(symbol) = symbol
                {
                    edits.extend(self.without_new(symbol));
                }
            }
            AstKind::NewExpression(new)
                if factory && new.callee.span() == self.module.kind(outermost).span() =>
            {
                edits.push(replace(span, to.as_str()));
                edits.extend(self.new_edits(new));
            }
            _ => edits.push(replace(span, to.as_str())),
        }
        let what = format!("`{name}` of `{entry}` is `{to}` in Core 2");
        let fix = if is_safe {
            Fix::Safe(edits)
        } else {
            Fix::Review(edits)
        };
        self.report(rule, &origin, span, &what, fix);
    }

    /// The offset of the dot, or `?.`, that ends at or before an offset.
    fn dot_before(&self, offset: u32) -> u32 {
        let text = &self.module.text[..=offset as usize];
        let trimmed = text.trim_end_matches('.').trim_end_matches('?').trim_end();
        u32::try_from(trimmed.len()).unwrap_or(offset)
    }

    /// `import('…').then(m => m.name)`.
    fn then_of_import(&self, entry: &str, source: &StringLiteral<'a>, call: &CallExpression<'a>) {
        let parameters = match call.arguments.first() {
            Some(Argument::ArrowFunctionExpression(function)) => &function.params,
            Some(Argument::FunctionExpression(function)) => &function.params,
            _ => return,
        };
        match parameters.items.first().map(|parameter| &parameter.pattern) {
            Some(BindingPattern::BindingIdentifier(name)) => {
                if let Some(symbol) = name.symbol_id.get() {
                    self.namespace_members(entry, source, symbol, false);
                }
            }
            Some(BindingPattern::ObjectPattern(pattern)) => {
                for property in &pattern.properties {
                    let Some(name) = property.key.static_name() else {
                        continue;
                    };
                    let span = property.key.span();
                    let is_alone = pattern.properties.len() == 1;
                    let renamed = self.index.export_rules(entry, &name).iter().any(|rule| {
                        matches!(
                            rule.change,
                            Change::ExportRenamed { .. } | Change::ExportToMember { .. }
                        )
                    });
                    if renamed {
                        self.destructured_rename(entry, property, &name);
                    } else {
                        self.plain_use(entry, source, &name, span, is_alone);
                    }
                }
            }
            _ => {}
        }
    }

    fn destructured_rename(&self, entry: &str, property: &BindingProperty<'a>, name: &str) {
        let origin = Self::imported_from(entry);
        for rule in self.index.export_rules(entry, name) {
            let Change::ExportRenamed { to, factory, .. } = &rule.change else {
                continue;
            };
            let mut edits = Vec::new();
            let mut is_safe = true;
            let symbol = property
                .value
                .get_binding_identifier()
                .and_then(|id| id.symbol_id.get());
            let key = property.key.span();
            if property.shorthand && !self.is_name_taken(to) {
                edits.push(replace(property.span, to.as_str()));
                if let Some(symbol) = symbol {
                    edits.extend(self.rename_references(symbol, to));
                    is_safe = !self.is_exported(symbol);
                }
            } else if property.shorthand {
                edits.push(insert(key.start, format!("{to}: ")));
            } else if self.source(property.value.span()) == to {
                edits.push(replace(property.span, to.as_str()));
            } else {
                edits.push(replace(key, to.as_str()));
            }
            if *factory && let Some(symbol) = symbol {
                edits.extend(self.without_new(symbol));
            }
            let fix = if is_safe {
                Fix::Safe(edits)
            } else {
                Fix::Review(edits)
            };
            self.report(
                rule,
                &origin,
                key,
                &format!("`{name}` is `{to}` in Core 2"),
                fix,
            );
        }
    }

    /// `const { name } = require('…')`, or of what holds the module, when there is no `source`.
    pub(super) fn destructured_use(
        &self,
        entry: &str,
        source: Option<(&StringLiteral<'a>, &VariableDeclarator<'a>)>,
        pattern: &ObjectPattern<'a>,
        property: &BindingProperty<'a>,
        name: &str,
    ) {
        let origin = Self::imported_from(entry);
        let key = property.key.span();
        let symbol = property
            .value
            .get_binding_identifier()
            .and_then(|id| id.symbol_id.get());
        for rule in self.index.export_rules(entry, name) {
            match &rule.change {
                Change::ExportMoved { to, others, .. } => {
                    let to = others.get::<str>(name.as_ref()).unwrap_or(to);
                    let what = self.moved(name, to, entry);
                    let fix = match source {
                        Some((source, declarator)) => {
                            let edits =
                                self.moved_require(source, declarator, pattern, property, to);
                            self.moved_fix(entry, to, rule, &self.uses_of(symbol), edits)
                        }
                        None => Fix::None,
                    };
                    self.report(rule, &origin, key, &what, fix);
                }
                Change::ExportRenamed {
                    entry: new_entry,
                    to,
                    ..
                } if name == "default" => {
                    let local = self.source(property.value.span());
                    let text = if local == to {
                        to.clone()
                    } else {
                        format!("{to}: {local}")
                    };
                    let mut edits = vec![replace(property.span, text)];
                    if let Some(symbol) = symbol {
                        edits.extend(self.without_new(symbol));
                    }
                    if let (Some(target), Some((source, _))) = (new_entry, source) {
                        edits.push(self.source_edit(source, target));
                    }
                    let fix = if pattern.properties.len() == 1 {
                        Fix::Safe(edits)
                    } else {
                        Fix::Review(edits)
                    };
                    self.report(
                        rule,
                        &origin,
                        key,
                        &format!("the default export of `{entry}` is `{to}` in Core 2"),
                        fix,
                    );
                }
                Change::ExportRenamed { .. } => {
                    self.destructured_rename(entry, property, name);
                    break;
                }
                Change::ExportToMember { object, .. } => {
                    let fix = symbol.map_or(Fix::None, |symbol| {
                        let known = pattern
                            .properties
                            .iter()
                            .find(|other| other.key.is_specific_static_name(object));
                        let mut edits = match known {
                            Some(_) => {
                                let spans: Vec<Span> = pattern
                                    .properties
                                    .iter()
                                    .map(|property| property.span)
                                    .collect();
                                vec![self.without_item(&spans, property.span)]
                            }
                            None if self.is_name_taken(object) => return Fix::None,
                            None => vec![replace(property.span, object.as_str())],
                        };
                        let base =
                            known.map_or(object.as_str(), |known| self.source(known.value.span()));
                        edits.push(self.claim(pattern.span));
                        edits.extend(self.rename_references(symbol, &format!("{base}.{name}")));
                        if self.is_exported(symbol) {
                            Fix::None
                        } else {
                            Fix::Safe(edits)
                        }
                    });
                    self.report(
                        rule,
                        &origin,
                        key,
                        &format!("`{name}` is no export in Core 2, use `{object}.{name}`"),
                        fix,
                    );
                }
                Change::SettersFolded { option, .. } => {
                    let taken = source.and_then(|_| Taken::by_pattern(pattern));
                    let fix = taken.map_or(Fix::None, |taken| self.folded_setters(entry, &taken));
                    let what = format!(
                        "`{name}` is gone in Core 2, give `{option}` to `createClerkClient`"
                    );
                    self.report(rule, &origin, key, &what, fix);
                }
                Change::ExportRemoved { .. } | Change::MiddlewareReplaced { .. } => {
                    self.report(
                        rule,
                        &origin,
                        key,
                        &format!("`{name}` {}", gone(rule)),
                        Fix::None,
                    );
                }
                Change::HostMoved { .. } => {
                    self.report(
                        rule,
                        &origin,
                        key,
                        &format!("`{name}` has another value in Core 2"),
                        Fix::None,
                    );
                }
                Change::ExportTypeOnly { .. } => {
                    if let Some(symbol) = symbol {
                        self.value_uses(symbol, name, rule, &origin);
                    }
                }
                _ => {}
            }
        }
    }

    fn moved_require(
        &self,
        source: &StringLiteral<'a>,
        declarator: &VariableDeclarator<'a>,
        pattern: &ObjectPattern<'a>,
        property: &BindingProperty<'a>,
        to: &str,
    ) -> Vec<Edit> {
        let Some(init) = &declarator.init else {
            return Vec::new();
        };
        let text = self.source(property.span);
        let spans: Vec<Span> = pattern
            .properties
            .iter()
            .map(|property| property.span)
            .collect();
        let removal = self.without_item(&spans, property.span);
        let declaration = self.module.parent(declarator.node_id());
        let AstKind::VariableDeclaration(declaration) = self.module.kind(declaration) else {
            return Vec::new();
        };
        // Another `require` of the new entry takes the name.
        if let Some(other) = self.destructured_require(to)
            && let Some(last) = other.properties.last()
        {
            let addition = insert(last.span.end, format!(", {text}"));
            let removal = if spans.len() == 1 && declaration.declarations.len() == 1 {
                self.without_statement(declaration.span)
            } else if spans.len() == 1 {
                return vec![self.source_edit(source, to)];
            } else {
                removal
            };
            return vec![removal, addition];
        }
        if spans.len() == 1 && pattern.rest.is_none() {
            return vec![self.source_edit(source, to)];
        }
        let init_text = self.source(init.span());
        let quote = self.quote(source.span);
        let inside = (source.span.start - init.span().start) as usize
            ..(source.span.end - init.span().start) as usize;
        let mut new_init = init_text.to_owned();
        new_init.replace_range(inside, &format!("{quote}{to}{quote}"));
        let insertion = if declaration.declarations.len() == 1 {
            let end = if self.source(declaration.span).ends_with(';') {
                ";"
            } else {
                ""
            };
            let indent = self.indent_of(declaration.span);
            let keyword = declaration.kind.as_str();
            insert(
                declaration.span.end,
                format!("\n{indent}{keyword} {{ {text} }} = {new_init}{end}"),
            )
        } else {
            insert(declarator.span.end, format!(", {{ {text} }} = {new_init}"))
        };
        vec![removal, insertion]
    }

    /// `const { … } = require('entry')` at the top of the module.
    fn destructured_require(&self, entry: &str) -> Option<&'a ObjectPattern<'a>> {
        self.module.program().body.iter().find_map(|statement| {
            let Statement::VariableDeclaration(declaration) = statement else {
                return None;
            };
            let declaration: &'a VariableDeclaration<'a> = declaration;
            declaration.declarations.iter().find_map(|declarator| {
                let (
                    BindingPattern::ObjectPattern(pattern),
                    Some(Expression::CallExpression(call)),
                ) = (&declarator.id, &declarator.init)
                else {
                    return None;
                };
                (self.module.required(call) == Some(entry)).then_some(&**pattern)
            })
        })
    }

    // jest.mock('…', () => ({ … }))

    pub(super) fn mock(&self, call: &CallExpression<'a>) {
        let Some((Expression::Identifier(object), "mock" | "doMock" | "unmock" | "setMock")) =
            callee_member(&call.callee)
        else {
            return;
        };
        if !matches!(object.name.as_str(), "jest" | "vi") {
            return;
        }
        let source = match call.arguments.first() {
            Some(Argument::StringLiteral(source)) => source,
            Some(Argument::ImportExpression(import)) => match &import.source {
                Expression::StringLiteral(source) => source,
                _ => return,
            },
            _ => return,
        };
        let entry = source.value.as_str();
        let inside = Span::new(source.span.start + 1, source.span.end - 1);
        if clerk_package(entry).is_none() || self.gone_module(entry, inside) {
            return;
        }
        let Some(factory) = call.arguments.get(1).and_then(Argument::as_expression) else {
            return;
        };
        let object = match factory.get_inner_expression() {
            Expression::ArrowFunctionExpression(function) => match function.body.as_expression() {
                Some(body) => body.get_inner_expression(),
                None => match function
                    .body
                    .as_function_body()
                    .and_then(|body| body.statements.last())
                {
                    Some(Statement::ReturnStatement(statement)) => match &statement.argument {
                        Some(argument) => argument.get_inner_expression(),
                        None => return,
                    },
                    _ => return,
                },
            },
            other => other,
        };
        let Expression::ObjectExpression(object) = object else {
            return;
        };
        let origin = Self::imported_from(entry);
        for property in &object.properties {
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                continue;
            };
            let Some(name) = property.key.static_name() else {
                continue;
            };
            for rule in self.index.export_rules(entry, &name) {
                let (what, fix) = match &rule.change {
                    Change::ExportMoved { to, others, .. } => {
                        let to = others.get::<str>(name.as_ref()).unwrap_or(to);
                        let is_moved = |property: &ObjectPropertyKind<'a>| {
                            let name = property.as_property().and_then(|it| it.key.static_name());
                            name.is_some_and(|name| self.moves_to(entry, &name, to))
                        };
                        let fix = if object.properties.iter().all(is_moved) {
                            Fix::Review(vec![self.source_edit(source, to)])
                        } else {
                            Fix::None
                        };
                        (
                            format!("the mocked `{name}` is exported by `{to}` in Core 2"),
                            fix,
                        )
                    }
                    Change::ExportRenamed { to, .. } if name != "default" => (
                        format!("the mocked `{name}` is `{to}` in Core 2"),
                        Fix::Review(vec![self.renamed_key(property, to)]),
                    ),
                    Change::ExportToMember { object, .. } => (
                        format!(
                            "the mocked `{name}` is no export in Core 2, mock `{object}.{name}`"
                        ),
                        Fix::None,
                    ),
                    Change::ExportRemoved { .. }
                    | Change::MiddlewareReplaced { .. }
                    | Change::SettersFolded { .. } => {
                        (format!("the mocked `{name}` {}", gone(rule)), Fix::None)
                    }
                    _ => continue,
                };
                self.report(rule, &origin, property.key.span(), &what, fix);
            }
        }
    }
}

/// A name that a statement takes from an entry.
struct Taken<'a> {
    span: Span,
    /// What the entry calls it.
    name: String,
    /// What the module calls it.
    local: &'a str,
    symbol: Option<SymbolId>,
}

impl<'a> Taken<'a> {
    /// The names of an import; nothing if it takes the default or the whole as well.
    fn by_import(import: &ImportDeclaration<'a>) -> Option<Vec<Self>> {
        let names = import.specifiers.iter().flatten();
        names
            .map(|specifier| match specifier {
                ImportDeclarationSpecifier::ImportSpecifier(specifier) => Some(Self {
                    span: specifier.span,
                    name: export_name(&specifier.imported).to_owned(),
                    local: specifier.local.name.as_str(),
                    symbol: specifier.local.symbol_id.get(),
                }),
                _ => None,
            })
            .collect()
    }

    /// The names of a pattern; nothing if it takes the rest as well, or takes one apart.
    fn by_pattern(pattern: &ObjectPattern<'a>) -> Option<Vec<Self>> {
        if pattern.rest.is_some() {
            return None;
        }
        let properties = pattern.properties.iter();
        properties
            .map(|property| {
                let local = property.value.get_binding_identifier()?;
                Some(Self {
                    span: property.span,
                    name: property.key.static_name()?.into_owned(),
                    local: local.name.as_str(),
                    symbol: local.symbol_id.get(),
                })
            })
            .collect()
    }
}

/// Where a name of a removed entry lives now; `package:name` is for one package alone.
fn entry_target<'t>(
    to: &'t std::collections::BTreeMap<String, String>,
    entry: &str,
    name: &str,
) -> Option<&'t str> {
    let package = split_package(entry).0;
    to.get(name)
        .or_else(|| to.get(&format!("{package}:{name}")))
        .map(String::as_str)
        // What a public entry of Core 1 has goes there; what became of it since, other rules know.
        .or_else(|| CORE_1.deep_entry(entry, name))
}

/// What is said of a name that is gone, or going.
fn gone(rule: &Rule) -> &str {
    match &rule.change {
        Change::ExportRemoved {
            status: Some(status),
            ..
        } => status,
        Change::MiddlewareReplaced { .. } => "is deprecated in Core 2",
        _ => "is gone in Core 2",
    }
}

fn single_export<'a>(export: &ExportFromDeclaration<'a>) -> Option<&'a str> {
    match export.specifiers.as_slice() {
        [only] => Some(export_name(&only.local)),
        _ => None,
    }
}

/// Whether an entry fits a pattern, in which each `*` stands for any text.
fn matches_entry(pattern: &str, entry: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| entry.strip_prefix(first)) else {
        return false;
    };
    let mut open = false;
    for part in parts {
        open = part.is_empty();
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    open || rest.is_empty()
}
