//! The kinds of change in code, each written once. Every file here looks at one kind of place.
//!
//! | file | looks at |
//! |---|---|
//! | [`exports`] | names of Clerk packages in imports, `require`, re-exports, mocks |
//! | [`calls`] | calls of Clerk functions: their options and arguments |
//! | [`lists`] | calls that give lists |
//! | [`members`] | properties of Clerk objects |
//! | [`components`] | JSX of Clerk components |
//! | [`middleware`] | the middleware of Next.js |
//! | [`modules`] | names of modules in declarations and strings |
//! | [`variables`] | environment variables |

mod calls;
mod components;
mod exports;
mod lists;
mod members;
mod middleware;
mod modules;
mod variables;

use crate::{
    Change, Confidence, Edit, Finding, Fix, Generation, Rule, Severity,
    model::CORE_1,
    module::{Module, callee_member},
    resolve::split_package,
    rule::FixClass,
    value::{Origin, Value},
};
use oxc_ast::{AstKind, ast::Expression};
use oxc_semantic::NodeId;
use oxc_span::{GetSpan, Span};
use rustc_hash::{FxHashMap, FxHashSet};
use std::cell::RefCell;

/// The rules by what they look for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    /// Rules about an export, by entry and name.
    exports: FxHashMap<String, FxHashMap<String, Vec<&'static Rule>>>,
    /// Rules about whole entries, with `*` in them or not.
    entries: Vec<(String, &'static Rule)>,
    /// Rules about a function, by its name in the model.
    functions: FxHashMap<String, Vec<&'static Rule>>,
    /// The last part of each of these names: what a member call has to be called to be of interest.
    methods: FxHashSet<String>,
    /// Rules about a member, by its name.
    members: FxHashMap<String, Vec<&'static Rule>>,
    /// Rules about an option, by its name, with the interface that it is in.
    options: FxHashMap<String, Vec<(&'static str, &'static Rule)>>,
    /// Rules about a text that a value has, by the text.
    values: FxHashMap<String, Vec<&'static Rule>>,
    components: FxHashMap<String, Vec<&'static Rule>>,
    appearance: FxHashMap<String, Vec<&'static Rule>>,
    /// Rules about a localization, by the last part of the key, with the whole key.
    localization: FxHashMap<String, Vec<(String, &'static Rule)>>,
    variables: Vec<(String, &'static Rule)>,
    literals: Vec<(String, &'static Rule)>,
    /// Rules about global interfaces, by their name.
    interfaces: Vec<(String, &'static Rule)>,
}

impl Index {
    pub fn new(rules: &[&'static Rule]) -> Self {
        let mut index = Self::default();
        for rule in rules {
            index.add(rule);
            for part in &rule.parts {
                index.add(part);
            }
        }
        index
    }

    fn add(&mut self, rule: &'static Rule) {
        match &rule.change {
            Change::ExportMoved { from, names, .. }
            | Change::ExportRemoved { from, names, .. }
            | Change::ExportTypeOnly { from, names }
            | Change::ExportToMember { from, names, .. } => self.add_exports(from, names, rule),
            Change::HostMoved {
                from,
                names,
                entries,
                ..
            } => {
                self.add_exports(entries, names, rule);
                self.literals.push((from.clone(), rule));
            }
            Change::ExportRenamed { from, name, .. }
            | Change::SettersFolded { from, name, .. }
            | Change::MiddlewareReplaced { from, name, .. } => {
                self.add_exports(from, std::slice::from_ref(name), rule);
            }
            Change::InterfaceMerged { interface, .. } => {
                self.interfaces.push((interface.clone(), rule));
            }
            Change::EntryRemoved { from, .. } => {
                self.entries
                    .extend(from.iter().map(|entry| (entry.clone(), rule)));
            }
            Change::OptionRenamed { calls, .. }
            | Change::OptionRemoved { calls, .. }
            | Change::OptionRequired { calls, .. }
            | Change::OptionToArgument { calls, .. }
            | Change::ArgumentsToOptions { calls, .. }
            | Change::PageOptions { calls }
            | Change::ListWrapped { calls }
            | Change::MethodReplaced { calls, .. }
            | Change::CallToMember { calls, .. }
            | Change::PasswordUpdate { calls } => {
                let options = match &rule.change {
                    Change::OptionRenamed { option, .. } => std::slice::from_ref(option),
                    Change::OptionRemoved { options, .. } => options,
                    _ => &[],
                };
                for option in options {
                    for interface in calls.iter().flat_map(|call| CORE_1.options(call)) {
                        self.add_option(interface, option, rule);
                    }
                }
                for call in calls {
                    self.functions.entry(call.clone()).or_default().push(rule);
                    self.methods
                        .insert(call.rsplit(['.', ' ']).next().unwrap_or(call).to_owned());
                }
            }
            Change::MemberRenamed { members, .. } => {
                for member in members.keys() {
                    self.members.entry(member.clone()).or_default().push(rule);
                }
            }
            Change::MemberRemoved { members, .. } => {
                for member in members {
                    self.members.entry(member.clone()).or_default().push(rule);
                }
            }
            Change::ValuesRenamed { values, .. } => {
                for value in values.keys() {
                    self.values.entry(value.clone()).or_default().push(rule);
                }
            }
            Change::PropRenamed { props, .. } => {
                let mut components: Vec<&str> = props
                    .keys()
                    .filter_map(|prop| Some(prop.split_once('.')?.0))
                    .collect();
                components.dedup();
                for component in components {
                    self.components
                        .entry(component.to_owned())
                        .or_default()
                        .push(rule);
                }
            }
            Change::PropRemoved { components, .. }
            | Change::ComponentChanged { components, .. } => {
                for component in components {
                    self.components
                        .entry(component.clone())
                        .or_default()
                        .push(rule);
                }
            }
            Change::AppearanceKeys {
                renamed,
                removed,
                changed,
                ..
            } => {
                for key in renamed.keys().chain(removed).chain(changed) {
                    self.appearance.entry(key.clone()).or_default().push(rule);
                }
            }
            Change::LocalizationKeys { keys, .. } => {
                for key in keys {
                    let last = key.rsplit('.').next().unwrap_or(key);
                    self.localization
                        .entry(last.to_owned())
                        .or_default()
                        .push((key.clone(), rule));
                }
            }
            Change::EnvironmentVariable { from, .. } => self.variables.push((from.clone(), rule)),
            Change::PackageVersion { .. }
            | Change::PackageRetired { .. }
            | Change::RequiredVersion { .. } => {}
        }
    }

    /// An option is a property of an object, too, wherever that has the type of the options.
    fn add_option(&mut self, interface: &'static str, option: &str, rule: &'static Rule) {
        let known = self.options.entry(option.to_owned()).or_default();
        let is_known = |(other, of): &(&str, &Rule)| *other == interface && of.id == rule.id;
        if !known.iter().any(is_known) {
            known.push((interface, rule));
            let rules = self.members.entry(option.to_owned()).or_default();
            if rules.iter().all(|other| other.id != rule.id) {
                rules.push(rule);
            }
        }
    }

    /// The interfaces in which a rule is about an option.
    fn option_types(&self, option: &str, rule: &Rule) -> Vec<String> {
        let known = self.options.get(option).into_iter().flatten();
        known
            .filter(|(_, of)| of.id == rule.id)
            .map(|(interface, _)| (*interface).to_owned())
            .collect()
    }

    fn add_exports(&mut self, from: &[String], names: &[String], rule: &'static Rule) {
        for entry in from {
            let by_name = self.exports.entry(entry.clone()).or_default();
            for name in names {
                by_name.entry(name.clone()).or_default().push(rule);
            }
        }
    }

    fn export_rules(&self, entry: &str, name: &str) -> &[&'static Rule] {
        self.exports
            .get(entry)
            .and_then(|names| names.get(name))
            .map_or(&[], Vec::as_slice)
    }

    /// Words of which a file without the name Clerk has to have one to be of interest: it may use what another file of the
    /// codebase exports.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        let is_member = |(_, rules): &(&String, &Vec<&Rule>)| {
            let mut changes = rules.iter().map(|rule| &rule.change);
            changes.any(|change| {
                matches!(
                    change,
                    Change::MemberRenamed { .. } | Change::MemberRemoved { .. }
                )
            })
        };
        let members = self.members.iter().filter(is_member).map(|(name, _)| name);
        let words = self.methods.iter().chain(members).map(String::as_str);
        words.filter(|word| word.len() >= 10)
    }
}

/// Lets the rules look at one module and collects what they find.
pub(crate) struct Checker<'m, 'a> {
    module: &'m Module<'a>,
    index: &'m Index,
    findings: RefCell<Vec<Finding>>,
}

impl<'m, 'a> Checker<'m, 'a> {
    pub fn new(module: &'m Module<'a>, index: &'m Index) -> Self {
        Self {
            module,
            index,
            findings: RefCell::default(),
        }
    }

    /// All findings, in the order of their places.
    pub fn check(self) -> Vec<Finding> {
        self.references_of_types();
        for node in self.module.semantic.nodes().iter() {
            let id = node.id();
            match node.kind() {
                AstKind::ImportDeclaration(import) => self.import_declaration(import),
                AstKind::ExportFromDeclaration(export) => self.export_from(export),
                AstKind::TSImportType(import) => self.import_type(import),
                AstKind::TSImportEqualsDeclaration(import) => self.import_equals(import),
                AstKind::ImportExpression(import) => self.import_expression(id, import),
                AstKind::CallExpression(call) => {
                    self.resolved_module(call);
                    self.call_expression(id, call);
                }
                AstKind::NewExpression(new) => self.new_expression(new),
                AstKind::StaticMemberExpression(member) => {
                    self.static_member(id, member);
                    self.environment_member(member);
                    self.list_method_value(id, member.property.name.as_str(), member.property.span);
                }
                AstKind::ComputedMemberExpression(member) => self.computed_member(id, member),
                AstKind::ObjectPattern(pattern) => self.object_pattern(id, pattern),
                AstKind::ObjectAssignmentTarget(pattern) => self.assignment_pattern(id, pattern),
                AstKind::BinaryExpression(comparison) => self.comparison(comparison),
                AstKind::TSIndexedAccessType(access) => self.indexed_access(access),
                AstKind::TSTypeReference(reference) => self.picked_members(reference),
                AstKind::JSXOpeningElement(element) => self.element(element),
                AstKind::ObjectExpression(object) => {
                    self.object_keys(id, object);
                    self.typed_options(id, object);
                }
                AstKind::StringLiteral(literal) => {
                    self.literal(id, literal);
                    self.mapped_module(id, literal);
                }
                AstKind::TSExternalModuleDeclaration(declaration) => {
                    self.module_declaration(declaration)
                }
                AstKind::ExportAllDeclaration(export) => self.export_all(export),
                AstKind::TSInterfaceDeclaration(interface) => self.merged_interface(id, interface),
                AstKind::TSPropertySignature(property) => self.environment_declaration(property),
                _ => {}
            }
        }
        let mut findings = self.findings.into_inner();
        findings.sort_by(|one, other| {
            let place = |it: &Finding| (it.span.start, it.span.end, it.rule);
            let order = place(one).cmp(&place(other));
            let worth = |it: &Finding| (it.confidence, !it.fix.edits().is_empty());
            order.then(worth(other).cmp(&worth(one)))
        });
        // A place that two ways lead to is told once.
        findings.dedup_by(|one, kept| one.rule == kept.rule && one.span == kept.span);
        findings
    }

    /// Notes a finding, unless the package is on Core 2 already. The rule and the confidence bound the class of the fix.
    fn report(&self, rule: &'static Rule, origin: &Origin, span: Span, what: &str, fix: Fix) {
        if !rule.packages.contains(&origin.package) {
            return;
        }
        let mut confidence = origin.confidence;
        match self
            .module
            .project
            .generation(self.module.package, &origin.package)
        {
            Generation::Core2 => return,
            // Only worth telling who is known to come from Core 1.
            Generation::Undeclared if rule.severity == Severity::Notice => {
                return;
            }
            Generation::Undeclared => confidence = confidence.min(Confidence::Likely),
            Generation::Core1 => {}
        }
        let class = if confidence == Confidence::Possible {
            rule.fix.min(FixClass::Review)
        } else {
            rule.fix
        };
        let fix = match (class, fix) {
            (FixClass::Report, _) | (_, Fix::None) => Fix::None,
            (FixClass::Review, Fix::Safe(edits) | Fix::Review(edits))
            | (FixClass::Safe, Fix::Review(edits)) => Fix::Review(edits),
            (FixClass::Safe, Fix::Safe(edits)) => Fix::Safe(edits),
        };
        let message = if origin.why.is_empty() {
            what.to_owned()
        } else {
            format!("{what}; {}", origin.why)
        };
        self.findings.borrow_mut().push(Finding {
            rule: rule.id,
            path: self.module.path.to_owned(),
            span: span.start..span.end,
            message,
            severity: rule.severity,
            confidence,
            fix,
        });
    }

    /// The certain origin of something imported from an entry of a Clerk package.
    fn imported_from(entry: &str) -> Origin {
        Origin {
            package: split_package(entry).0.to_owned(),
            confidence: Confidence::Certain,
            why: format!("imported from `{entry}`"),
        }
    }

    fn source(&self, span: Span) -> &'a str {
        self.module.source(span)
    }

    /// The quote that a string literal at a span has.
    fn quote(&self, span: Span) -> char {
        if self.source(span).starts_with('"') {
            '"'
        } else {
            '\''
        }
    }

    /// Whether a name is used by any binding or global of the file, so that a new binding of that name could clash.
    fn is_name_taken(&self, name: &str) -> bool {
        let scoping = self.module.semantic.scoping();
        scoping.symbol_names().any(|symbol| symbol == name)
            || scoping
                .root_unresolved_references()
                .keys()
                .any(|global| global.as_str() == name)
    }

    /// Edits that make every reference to a symbol read `to`, which may be any expression without operators.
    fn rename_references(&self, symbol: oxc_semantic::SymbolId, to: &str) -> Vec<Edit> {
        let mut edits = Vec::new();
        let nodes: Vec<NodeId> = self.module.references(symbol).collect();
        for node in nodes {
            let span = self.module.kind(node).span();
            let text = match self.module.semantic.nodes().parent_kind(node) {
                AstKind::ObjectProperty(property) if property.shorthand => {
                    format!("{}: {to}", self.source(span))
                }
                AstKind::ExportSpecifier(specifier)
                    if specifier.local.span() == specifier.exported.span() =>
                {
                    format!("{to} as {}", self.source(span))
                }
                AstKind::AssignmentTargetPropertyIdentifier(_) => {
                    format!("{}: {to}", self.source(span))
                }
                _ => to.to_owned(),
            };
            edits.push(replace(span, text));
        }
        edits
    }

    /// Whether any reference to a symbol is an export of it.
    fn is_exported(&self, symbol: oxc_semantic::SymbolId) -> bool {
        let nodes = self.module.semantic.nodes();
        self.module.references(symbol).any(|node| {
            matches!(
                nodes.parent_kind(node),
                AstKind::ExportSpecifier(_) | AstKind::ExportDefaultDeclaration(_)
            )
        })
    }

    /// For a call whose receiver is not known: whether its shape still speaks for Clerk's backend client.
    fn guess_client(&self, callee: &Expression<'a>, namespace: &str) -> Option<Origin> {
        let (object, _) = callee_member(callee.get_inner_expression())?;
        let mut path = object;
        if !namespace.is_empty() {
            match callee_member(object) {
                Some((inner, name)) if name == namespace => path = inner,
                _ => match object {
                    Expression::Identifier(name) if name.name == namespace => {}
                    _ => return None,
                },
            }
        }
        let mut root = path;
        let mut mentions_clerk = false;
        loop {
            match root.get_inner_expression() {
                Expression::Identifier(name) => {
                    mentions_clerk |= name.name.to_ascii_lowercase().contains("clerk");
                    // An import that leads elsewhere, or a global, is somebody else's.
                    let symbol = self.module.symbol_of(&name.reference_id)?;
                    if self.module.imported(symbol).is_some() {
                        return None;
                    }
                    let declared_as_other = match self
                        .module
                        .kind(self.module.semantic.scoping().symbol_declaration(symbol))
                    {
                        AstKind::FormalParameter(parameter) => parameter.type_annotation.is_some(),
                        AstKind::VariableDeclarator(variable) => variable.type_annotation.is_some(),
                        AstKind::Class(_) | AstKind::Function(_) => true,
                        _ => false,
                    };
                    if declared_as_other && !mentions_clerk {
                        return None;
                    }
                    break;
                }
                Expression::ThisExpression(_) => break,
                Expression::CallExpression(call) => {
                    let text = self.source(call.span).to_ascii_lowercase();
                    mentions_clerk |= text.contains("clerk");
                    root = &call.callee;
                }
                Expression::AwaitExpression(wait) => root = &wait.argument,
                other => {
                    let (object, name) = callee_member(other)?;
                    mentions_clerk |= name.to_ascii_lowercase().contains("clerk");
                    root = object;
                }
            }
        }
        let package = self.declared_backend()?;
        let (confidence, why) = if mentions_clerk {
            (
                Confidence::Likely,
                "the receiver's type is unknown, its name and the method's are those of Clerk's client",
            )
        } else {
            (
                Confidence::Possible,
                "the receiver is unknown, the method has the name of one of Clerk's",
            )
        };
        Some(Origin {
            package: package.to_owned(),
            confidence,
            why: why.to_owned(),
        })
    }

    /// A package on Core 1 that has the backend client and that the file's package declares.
    fn declared_backend(&self) -> Option<&'static str> {
        const WITH_CLIENT: [&str; 7] = [
            "@clerk/clerk-sdk-node",
            "@clerk/backend",
            "@clerk/nextjs",
            "@clerk/fastify",
            "@clerk/remix",
            "gatsby-plugin-clerk",
            "@clerk/express",
        ];
        let generation = |package: &&str| {
            self.module
                .project
                .declared_generation(self.module.package, package)
        };
        if WITH_CLIENT
            .iter()
            .any(|package| generation(package) == Generation::Core2)
        {
            return None;
        }
        WITH_CLIENT
            .into_iter()
            .find(|package| generation(package) == Generation::Core1)
    }

    fn value(&self, expression: &Expression<'a>) -> Option<Value> {
        self.module.value(expression)
    }
}

fn replace(span: Span, text: impl Into<String>) -> Edit {
    Edit::replace(span.start..span.end, text)
}

fn insert(offset: u32, text: impl Into<String>) -> Edit {
    Edit::insert(offset, text)
}
