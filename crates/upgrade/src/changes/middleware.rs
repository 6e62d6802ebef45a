//! A middleware that protected everything but what it was told, where the new one protects nothing by itself.

use super::{Checker, insert, replace};
use crate::{Change, Edit, Fix, Rule};
use oxc_ast::{
    AstKind,
    ast::{
        Argument, Expression, ImportDeclaration, ImportSpecifier, ObjectExpression,
        ObjectPropertyKind,
    },
};
use oxc_semantic::SymbolId;
use oxc_span::{GetSpan, Span};

/// Options that the new middleware takes as well, as its second argument.
const KEPT: [&str; 12] = [
    "audience",
    "authorizedParties",
    "debug",
    "domain",
    "isSatellite",
    "jwtKey",
    "proxyUrl",
    "publishableKey",
    "secretKey",
    "signInUrl",
    "signUpUrl",
    "clockSkewInMs",
];

/// Pages that were open without being named, as far as the environment named them.
const SIGN_IN: &str = "'/sign-in(.*)', '/sign-up(.*)'";

impl<'a> Checker<'_, 'a> {
    /// The import of the middleware, with what to write instead where its options say all there is to know.
    pub(super) fn imported_middleware(
        &self,
        import: &ImportDeclaration<'a>,
        specifier: &ImportSpecifier<'a>,
        rule: &'static Rule,
    ) {
        let Change::MiddlewareReplaced {
            name,
            to,
            matcher,
            entry,
            ..
        } = &rule.change
        else {
            return;
        };
        let edits = specifier.local.symbol_id.get().and_then(|symbol| {
            let call = self.middleware_call(symbol, to, matcher)?;
            let names = format!("{to}, {matcher}");
            let mut edits = self.middleware_import(import, specifier, &names, entry);
            edits.extend(call);
            Some(edits)
        });
        let what =
            format!("`{name}` is deprecated in Core 2, use `{to}`: it protects nothing by itself");
        self.report(
            rule,
            &Self::imported_from(import.source.value.as_str()),
            specifier.span,
            &what,
            edits.map_or(Fix::None, Fix::Review),
        );
    }

    fn middleware_import(
        &self,
        import: &ImportDeclaration<'a>,
        specifier: &ImportSpecifier<'a>,
        names: &str,
        entry: &str,
    ) -> Vec<Edit> {
        let is_alone = import.specifiers.as_ref().is_some_and(|all| all.len() == 1);
        if import.source.value == entry {
            return vec![replace(specifier.span, names)];
        }
        if is_alone {
            return vec![
                replace(specifier.span, names),
                self.source_edit(&import.source, entry),
            ];
        }
        let quote = self.quote(import.source.span);
        let end = match self.source(import.span).ends_with(';') {
            true => ";",
            false => "",
        };
        let statement = format!("\nimport {{ {names} }} from {quote}{entry}{quote}{end}");
        vec![
            self.without_specifier(import, specifier.span),
            insert(import.span.end, statement),
        ]
    }

    /// The edits of the only call, which stands in a statement of the module and in no function.
    fn middleware_call(&self, symbol: SymbolId, to: &str, matcher: &str) -> Option<Vec<Edit>> {
        let mut references = self.module.references(symbol);
        let (Some(node), None) = (references.next(), references.next()) else {
            return None;
        };
        let AstKind::CallExpression(call) = self.module.semantic.nodes().parent_kind(node) else {
            return None;
        };
        let callee = self.module.kind(node).span();
        if call.callee.span() != callee || self.is_name_taken(to) || self.is_name_taken(matcher) {
            return None;
        }
        let statement = (self.module.program().body.iter())
            .map(GetSpan::span)
            .find(|span| span.start <= call.span.start && call.span.end <= span.end)?;
        let is_inside_of_function = self
            .module
            .semantic
            .nodes()
            .ancestor_kinds(node)
            .any(|kind| {
                matches!(
                    kind,
                    AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
                )
            });
        if is_inside_of_function {
            return None;
        }
        let options = match call.arguments.as_slice() {
            [] => None,
            [Argument::ObjectExpression(options)] => Some(&**options),
            _ => return None,
        };
        let routes = Routes::of(options)?;
        let text = |span: Option<Span>| span.map(|span| self.source(span));
        let end = match self.source(statement).ends_with(';') {
            true => ";",
            false => "",
        };
        let mut constants = String::new();
        let mut open = Vec::new();
        let mut constant = |name: &str, routes: &str| {
            constants.push_str(&format!("const {name} = {matcher}({routes}){end}\n"));
            open.push(format!("!{name}(request)"));
        };
        for name in ["isPublicRoute", "isIgnoredRoute"] {
            if self.is_name_taken(name) {
                return None;
            }
        }
        constant("isPublicRoute", &public_routes(text(routes.public)));
        if let Some(ignored) = text(routes.ignored) {
            constant("isIgnoredRoute", ignored);
        }
        let kept: Vec<&str> = routes.kept.iter().map(|span| self.source(*span)).collect();
        let options = match kept.is_empty() {
            true => String::new(),
            false => format!(", {{ {} }}", kept.join(", ")),
        };
        let condition = open.join(" && ");
        let handler = format!(
            "{to}((auth, request) => {{\n  if ({condition}) auth().protect(){end}\n}}{options})"
        );
        Some(vec![
            insert(statement.start, format!("{constants}\n")),
            replace(call.span, handler),
        ])
    }
}

/// What the options of the old middleware say.
#[derive(Default)]
struct Routes {
    public: Option<Span>,
    ignored: Option<Span>,
    /// The properties that stay.
    kept: Vec<Span>,
}

impl Routes {
    /// Nothing where an option asks for more than routes.
    fn of(options: Option<&ObjectExpression<'_>>) -> Option<Self> {
        let mut routes = Self::default();
        for property in options.iter().flat_map(|options| &options.properties) {
            let ObjectPropertyKind::ObjectProperty(property) = property else {
                return None;
            };
            let value = property.value.span();
            match &*property.key.static_name()? {
                "publicRoutes" if is_method(&property.value, property.method) => return None,
                "publicRoutes" => routes.public = Some(value),
                "ignoredRoutes" if !property.method => routes.ignored = Some(value),
                name if KEPT.contains(&name) => routes.kept.push(property.span),
                _ => return None,
            }
        }
        Some(routes)
    }
}

/// A function may be written where only an expression fits.
fn is_method(value: &Expression<'_>, is_method: bool) -> bool {
    is_method || matches!(value, Expression::FunctionExpression(function) if function.id.is_some())
}

/// The routes that were open, with the pages for signing in.
fn public_routes(written: Option<&str>) -> String {
    let Some(written) = written else {
        return format!("[{SIGN_IN}]");
    };
    let inside = written
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    match inside {
        Some(list) if !list.contains("sign-in") && !list.contains("signin") => {
            let list = list.trim_end();
            let comma = match list.is_empty() || list.ends_with(',') {
                true => "",
                false => ",",
            };
            let is_tall = list.contains('\n');
            let (gap, close) = match (is_tall, list.is_empty()) {
                (true, _) => ("\n  ", "\n"),
                (false, true) => ("", ""),
                (false, false) => (" ", ""),
            };
            format!("[{list}{comma}{gap}{SIGN_IN}{close}]")
        }
        _ => written.to_owned(),
    }
}
