//! Calls of Clerk functions: options renamed, removed or required, arguments moved.

use super::{Checker, insert, replace};
use crate::{
    Change, Edit, Fix, Rule,
    module::callee_member,
    value::{Origin, Value},
};
use oxc_ast::{
    AstKind,
    ast::{
        Argument, BindingPattern, CallExpression, Expression, NewExpression, ObjectExpression,
        ObjectProperty, ObjectPropertyKind, StringLiteral,
    },
};
use oxc_semantic::NodeId;
use oxc_span::{GetSpan, Span};

/// An object of options, and whether it stands in the call itself.
struct Options<'e, 'a> {
    object: &'e ObjectExpression<'a>,
    /// It is nobody else's: a literal in the call, or a constant that is used there only.
    own: bool,
}

impl<'a> Checker<'_, 'a> {
    pub(super) fn call_expression(&self, id: NodeId, call: &CallExpression<'a>) {
        if self.required_module(id, call) {
            return;
        }
        self.mock(call);
        let callee = call.callee.get_inner_expression();
        let Some((rules, callee_value)) = self.function_rules(callee, &call.arguments) else {
            return;
        };
        for rule in rules {
            match &rule.change {
                Change::ListWrapped { .. } => self.list_call(id, call, rule, &callee_value),
                Change::OptionToArgument { option, .. } => {
                    self.option_to_argument(call, rule, option, &callee_value)
                }
                Change::ArgumentsToOptions { to, options, .. } => {
                    self.arguments_to_options(call, rule, to.as_deref(), options, &callee_value);
                }
                Change::PageOptions { .. } => self.page_options(call, rule, &callee_value),
                Change::MethodReplaced {
                    to, option, value, ..
                } => {
                    self.method_replaced(call, rule, to, option, value, &callee_value);
                }
                Change::CallToMember { to, .. } => {
                    self.call_to_member(call, rule, to, &callee_value)
                }
                Change::PasswordUpdate { .. } => {
                    self.password_update(id, call, rule, &callee_value)
                }
                _ => self.option_rules(rule, &call.arguments, call.span, &callee_value),
            }
        }
    }

    pub(super) fn new_expression(&self, new: &NewExpression<'a>) {
        let callee = new.callee.get_inner_expression();
        let Some((rules, callee_value)) = self.function_rules(callee, &new.arguments) else {
            return;
        };
        for rule in rules {
            self.option_rules(rule, &new.arguments, new.span, &callee_value);
        }
    }

    /// The rules about the function that is called.
    fn function_rules(
        &self,
        callee: &Expression<'a>,
        arguments: &[Argument<'a>],
    ) -> Option<(&[&'static Rule], Value)> {
        let member = callee_member(callee);
        if let Some((_, name)) = member
            && !self.index.methods.contains(name)
        {
            // `fastify.register(clerkPlugin, options)`
            if name != "register" {
                return None;
            }
            let plugin = self.value(arguments.first()?.as_expression()?)?;
            let rules = self.index.functions.get(&plugin.signature()?.name)?;
            return Some((rules, plugin));
        }
        if let Some(value) = self.value(callee) {
            let rules = self.index.functions.get(&value.signature()?.name)?;
            return Some((rules, value));
        }
        let (object, name) = member?;
        if self.value(object).is_some() {
            return None;
        }
        self.guessed_function(callee, name, arguments)
    }

    /// A method of an unknown receiver that can only be Clerk's by its name and that of its namespace.
    fn guessed_function(
        &self,
        callee: &Expression<'a>,
        name: &str,
        arguments: &[Argument<'a>],
    ) -> Option<(&[&'static Rule], Value)> {
        const NAMESPACES: [(&str, &str); 7] = [
            ("users", "UserAPI"),
            ("organizations", "OrganizationAPI"),
            ("invitations", "InvitationAPI"),
            ("sessions", "SessionAPI"),
            ("clients", "ClientAPI"),
            ("allowlistIdentifiers", "AllowlistIdentifierAPI"),
            ("redirectUrls", "RedirectUrlAPI"),
        ];
        let (function, origin) = if name == "authenticateRequest" {
            let is_one_object = matches!(arguments, [Argument::ObjectExpression(_)]);
            let origin = self
                .guess_client(callee, "")
                .filter(|origin| origin.confidence > crate::Confidence::Possible);
            (
                "BackendClient.authenticateRequest".to_owned(),
                is_one_object.then_some(origin)??,
            )
        } else {
            NAMESPACES.iter().find_map(|(namespace, interface)| {
                let function = format!("{interface}.{name}");
                self.index.functions.get(&function)?;
                Some((function, self.guess_client(callee, namespace)?))
            })?
        };
        let rules = self.index.functions.get(&function)?;
        let signature = crate::model::Signature {
            name: function,
            parameters: Vec::new(),
            returns: crate::model::ModelType::Unknown,
        };
        let ty = crate::value::Type::Model(crate::model::ModelType::Function(std::sync::Arc::new(
            signature,
        )));
        Some((
            rules,
            Value {
                ty,
                origin: std::sync::Arc::new(origin),
            },
        ))
    }

    /// The options given to a call, whichever argument they are.
    fn options<'e>(&self, arguments: &'e [Argument<'a>]) -> Vec<Options<'e, 'a>>
    where
        'a: 'e,
    {
        arguments
            .iter()
            .filter_map(
                |argument| match argument.as_expression()?.get_inner_expression() {
                    Expression::ObjectExpression(object) => Some(Options { object, own: true }),
                    Expression::Identifier(name) => {
                        let symbol = self.module.symbol_of(&name.reference_id)?;
                        let declaration = self.module.semantic.scoping().symbol_declaration(symbol);
                        let AstKind::VariableDeclarator(declarator) = self.module.kind(declaration)
                        else {
                            return None;
                        };
                        let BindingPattern::BindingIdentifier(_) = &declarator.id else {
                            return None;
                        };
                        match declarator.init.as_ref()?.get_inner_expression() {
                            Expression::ObjectExpression(object) => {
                                let statement = self.module.parent(declaration);
                                let is_exported = matches!(
                                    self.module.kind(self.module.parent(statement)),
                                    AstKind::ExportDeclaration(_)
                                );
                                let is_used_once = self.module.references(symbol).count() == 1;
                                Some(Options {
                                    object,
                                    own: is_used_once && !is_exported,
                                })
                            }
                            _ => None,
                        }
                    }
                    _ => None,
                },
            )
            .collect()
    }

    fn option_rules(
        &self,
        rule: &'static Rule,
        arguments: &[Argument<'a>],
        call: Span,
        callee: &Value,
    ) {
        let origin = &*callee.origin;
        match &rule.change {
            Change::OptionRenamed { .. } | Change::OptionRemoved { .. } => {
                for options in self.options(arguments) {
                    self.options_in(rule, &options, origin);
                }
            }
            Change::OptionRequired {
                option,
                value,
                argument,
                ..
            } => {
                self.required_option(rule, option, value, *argument, arguments, call, origin);
            }
            _ => {}
        }
    }

    /// The options of an object that a rule is about.
    fn options_in(&self, rule: &'static Rule, options: &Options<'_, 'a>, origin: &Origin) {
        match &rule.change {
            Change::OptionRenamed {
                option,
                to,
                new_value,
                ..
            } => {
                let Some(property) = property_of(options.object, option) else {
                    return;
                };
                let fix = self.renamed_option(options.object, property, to, *new_value);
                let fix = if options.own { fix } else { for_review(fix) };
                let mut what = format!("the option `{option}` is `{to}` in Core 2");
                if *new_value {
                    what.push_str(", with another value");
                }
                if option == "clockSkewInSeconds"
                    && let Expression::NumericLiteral(number) = &property.value
                    && number.value < 1000.0
                    && number.value > 0.0
                {
                    what.push_str(", in milliseconds, which is how the old one was read already: this value looks like seconds");
                }
                self.report(rule, origin, property.key.span(), &what, fix);
            }
            Change::OptionRemoved {
                options: names,
                delete,
                ..
            } => {
                for name in names {
                    let Some(property) = property_of(options.object, name) else {
                        continue;
                    };
                    let fix = if *delete {
                        let edit = self.without_property(options.object, property.span);
                        if is_plain(&property.value) && options.own {
                            Fix::Safe(vec![edit])
                        } else {
                            Fix::Review(vec![edit])
                        }
                    } else {
                        Fix::None
                    };
                    let what = format!("the option `{name}` is not read by Core 2");
                    self.report(rule, origin, property.key.span(), &what, fix);
                }
            }
            _ => {}
        }
    }

    /// Options that stand alone and say by a type what they are: `const options: VerifyTokenOptions = { … }`.
    pub(super) fn typed_options(&self, id: NodeId, object: &ObjectExpression<'a>) {
        let is_option = |property: &ObjectPropertyKind<'a>| {
            let name = property.as_property().and_then(|it| it.key.static_name());
            name.is_some_and(|name| self.index.options.contains_key(&*name))
        };
        if !object.properties.iter().any(is_option) {
            return;
        }
        let ty = match self.module.semantic.nodes().parent_kind(id) {
            AstKind::VariableDeclarator(variable) => variable
                .type_annotation
                .as_ref()
                .map(|it| &it.type_annotation),
            AstKind::TSSatisfiesExpression(cast) => Some(&cast.type_annotation),
            AstKind::TSAsExpression(cast) => Some(&cast.type_annotation),
            _ => None,
        };
        let Some(value) = ty.and_then(|ty| self.module.type_value(ty, 0)) else {
            return;
        };
        let options = Options { object, own: false };
        let mut asked: Vec<&str> = Vec::new();
        for (interface, rule) in self.index.options.values().flatten() {
            if value.interface() == Some(interface) && !asked.contains(&rule.id) {
                asked.push(rule.id);
                self.options_in(rule, &options, &value.origin);
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "the parameters of one kind of rule"
    )]
    fn required_option(
        &self,
        rule: &'static Rule,
        option: &str,
        value: &str,
        argument: usize,
        arguments: &[Argument<'a>],
        call: Span,
        origin: &Origin,
    ) {
        if arguments.iter().any(Argument::is_spread) {
            return;
        }
        let fix = match arguments.get(argument..) {
            Some([given, ..]) => {
                let options = self.options(std::slice::from_ref(given));
                match options.as_slice() {
                    [options] => {
                        let object = options.object;
                        // An old key that another rule turns into the option counts as it.
                        let old = ["frontendApi", "apiKey"];
                        if argument > 0
                            || property_of(object, option).is_some()
                            || has_spread(object)
                            || old.iter().any(|old| {
                                property_of(object, old).is_some()
                                    && option == "publishableKey"
                                    && *old == "frontendApi"
                            })
                        {
                            return;
                        }
                        if options.own {
                            Fix::Review(vec![
                                self.with_property(object, &format!("{option}: {value}")),
                            ])
                        } else {
                            Fix::None
                        }
                    }
                    _ if argument > 0 => return,
                    _ => Fix::None,
                }
            }
            _ if arguments.len() == argument && self.source(call).ends_with(')') => {
                let separator = if argument == 0 { "" } else { ", " };
                let end = arguments
                    .last()
                    .map_or(call.end - 1, |last| last.span().end);
                Fix::Review(vec![insert(
                    end,
                    format!("{separator}{{ {option}: {value} }}"),
                )])
            }
            _ => Fix::None,
        };
        let what = format!("Core 2 needs the option `{option}` here, or its environment variable");
        let name = Span::new(call.start, call.start + callee_length(self.source(call)));
        self.report(rule, origin, name, &what, fix);
    }

    fn renamed_option(
        &self,
        object: &ObjectExpression<'a>,
        property: &ObjectProperty<'a>,
        to: &str,
        new_value: bool,
    ) -> Fix {
        if property_of(object, to).is_some() {
            // The new one is there already, and wins.
            let edit = vec![self.without_property(object, property.span)];
            return if new_value && is_plain(&property.value) {
                Fix::Safe(edit)
            } else {
                Fix::Review(edit)
            };
        }
        if property.method {
            return Fix::None;
        }
        let mut edits = vec![self.renamed_key(property, to)];
        if !new_value {
            return Fix::Safe(edits);
        }
        if let Expression::StringLiteral(old) = &property.value {
            edits.push(insert(old.span.start, "/* TODO: the new key */ "));
        }
        Fix::Review(edits)
    }

    /// Gives a property another key; quotes and shorthand are minded.
    pub(super) fn renamed_key(&self, property: &ObjectProperty<'a>, to: &str) -> Edit {
        let key = property.key.span();
        if property.shorthand {
            return insert(key.start, format!("{to}: "));
        }
        match self.source(key).chars().next() {
            Some('"' | '\'' | '`') => replace(Span::new(key.start + 1, key.end - 1), to),
            _ => replace(key, to),
        }
    }

    /// Takes a property out of an object literal, with its comma and the line it stood on.
    pub(super) fn without_property(&self, object: &ObjectExpression<'a>, property: Span) -> Edit {
        let position = object
            .properties
            .iter()
            .position(|other| other.span() == property)
            .unwrap_or(0);
        let text = self.module.text;
        if object.properties.len() == 1 {
            return replace(Span::new(object.span.start + 1, object.span.end - 1), "");
        }
        if position + 1 < object.properties.len() {
            let after = after_comma(text, property.end);
            let mut end = after;
            let rest = &text[end as usize..];
            let trimmed = rest.len() - rest.trim_start().len();
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a part of a text whose offsets are u32"
            )]
            {
                end += trimmed as u32;
            }
            return replace(Span::new(property.start, end), "");
        }
        let before = object.properties[position - 1].span().end;
        self.without_last(before, property)
    }

    /// Takes the last item out of a list, with the comma before it. `before` is where the item before it ends; a comment
    /// behind that stays, and with it the comma.
    pub(super) fn without_last(&self, before: u32, item: Span) -> Edit {
        let between = self.source(Span::new(before, item.start));
        let comments = between.trim_end();
        if !comments.contains("//") && !comments.contains("/*") {
            return replace(Span::new(before, item.end), "");
        }
        let start = before + u32::try_from(comments.len()).unwrap_or(0);
        let after = after_comma(self.module.text, item.end);
        let has_comma = self.module.text[..after as usize].ends_with(',');
        let end = if has_comma { after } else { item.end };
        replace(Span::new(start, end), "")
    }

    /// Adds a property at the end of an object literal, in the style of the others.
    pub(super) fn with_property(&self, object: &ObjectExpression<'a>, property: &str) -> Edit {
        let Some(last) = object.properties.last() else {
            return replace(object.span, format!("{{ {property} }}"));
        };
        let last = last.span();
        let text = self.module.text;
        let line_start = text[..last.start as usize]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let own_line = text[line_start..last.start as usize].trim().is_empty();
        if own_line {
            let indent = &text[line_start..last.start as usize];
            return insert(last.end, format!(",\n{indent}{property}"));
        }
        insert(last.end, format!(", {property}"))
    }

    fn option_to_argument(
        &self,
        call: &CallExpression<'a>,
        rule: &'static Rule,
        option: &str,
        callee: &Value,
    ) {
        let origin = &*callee.origin;
        let [only] = call.arguments.as_slice() else {
            return;
        };
        let Some(only) = only.as_expression() else {
            return;
        };
        let callee_span = call.callee.span();
        let name = Span::new(
            callee_end_start(self.source(callee_span), callee_span),
            callee_span.end,
        );
        let what =
            format!("`{option}` is the first argument in Core 2, the options are the second");
        match only.get_inner_expression() {
            Expression::ObjectExpression(object) => {
                let Some(property) = property_of(object, option) else {
                    if has_spread(object) {
                        self.report(
                            rule,
                            origin,
                            name,
                            &format!("{what}; the object spread here may carry it"),
                            Fix::None,
                        );
                    } else if object.properties.is_empty()
                        || object.properties.iter().any(|property| {
                            property
                                .as_property()
                                .and_then(|property| property.key.static_name())
                                .is_some_and(|key| {
                                    matches!(
                                        &*key,
                                        "headerToken"
                                            | "cookieToken"
                                            | "origin"
                                            | "host"
                                            | "secretKey"
                                            | "apiKey"
                                            | "publishableKey"
                                            | "frontendApi"
                                    )
                                })
                        })
                    {
                        self.report(
                            rule,
                            origin,
                            name,
                            &format!("{what}; there is none here, so a `Request` has to be built"),
                            Fix::None,
                        );
                    }
                    return;
                };
                let value = &property.value;
                let value_text = if property.shorthand {
                    option
                } else {
                    self.source(value.span())
                };
                let is_wrapped = self
                    .source(value.span())
                    .starts_with("createIsomorphicRequest");
                let edits = if object.properties.len() == 1 {
                    vec![replace(only.span(), value_text)]
                } else {
                    vec![
                        insert(only.span().start, format!("{value_text}, ")),
                        self.without_property(object, property.span),
                    ]
                };
                let fix =
                    if has_spread(object) || property.method || is_wrapped || property.computed {
                        Fix::Review(edits)
                    } else {
                        Fix::Safe(edits)
                    };
                self.report(rule, origin, name, &what, fix);
            }
            Expression::Identifier(options) => {
                let text = options.name.as_str();
                if self
                    .value(only)
                    .and_then(|value| value.interface())
                    .is_none()
                    && matches!(text, "req" | "request" | "_req" | "_request")
                {
                    return;
                }
                // `request` is taken out of the variable; other options stay.
                let edits = vec![replace(only.span(), format!("{text}.{option}, {text}"))];
                self.report(rule, origin, name, &what, Fix::Review(edits));
            }
            Expression::CallExpression(_) | Expression::NewExpression(_) => {}
            _ => {}
        }
    }

    fn arguments_to_options(
        &self,
        call: &CallExpression<'a>,
        rule: &'static Rule,
        to: Option<&str>,
        options: &[String],
        callee: &Value,
    ) {
        let name = self.method_span(&call.callee);
        let what = match to {
            Some(to) => format!(
                "`{}` is `{to}` in Core 2 and takes an object of options",
                self.source(name)
            ),
            None => format!(
                "`{}` takes an object of options in Core 2",
                self.source(name)
            ),
        };
        let first = call.arguments.first().and_then(Argument::as_expression);
        if to.is_none()
            && !matches!(
                first,
                Some(Expression::StringLiteral(_) | Expression::TemplateLiteral(_))
            )
        {
            return;
        }
        let edits = match (call.callee.get_inner_expression(), to) {
            (Expression::Identifier(local), Some(to)) => self
                .module
                .symbol_of(&local.reference_id)
                .and_then(|symbol| self.renamed_function(symbol, to, options)),
            (_, Some(to)) => options_of(self, call, options).map(|mut edits| {
                edits.push(replace(name, to));
                edits
            }),
            (_, None) => options_of(self, call, options),
        };
        self.report(
            rule,
            &callee.origin,
            name,
            &what,
            edits.map_or(Fix::None, Fix::Safe),
        );
    }

    /// A function that was taken out of an object gets its new name everywhere, and each of its calls its options.
    fn renamed_function(
        &self,
        symbol: oxc_semantic::SymbolId,
        to: &str,
        options: &[String],
    ) -> Option<Vec<Edit>> {
        let declaration = self.module.semantic.scoping().symbol_declaration(symbol);
        let AstKind::VariableDeclarator(declarator) = self.module.kind(declaration) else {
            return None;
        };
        let BindingPattern::ObjectPattern(pattern) = &declarator.id else {
            return None;
        };
        let position = pattern.properties.iter().position(|property| {
            property
                .value
                .get_binding_identifier()
                .is_some_and(|id| id.symbol_id.get() == Some(symbol))
        })?;
        let property = &pattern.properties[position];
        let known = pattern
            .properties
            .iter()
            .find(|other| other.key.is_specific_static_name(to));
        let mut edits = match known {
            Some(known) => {
                let local = self.source(known.value.span()).to_owned();
                let end = after_comma(self.module.text, property.span.end);
                let rest = &self.module.text[end as usize..];
                let blank = u32::try_from(rest.len() - rest.trim_start().len()).unwrap_or(0);
                let removed = match position.checked_sub(1) {
                    Some(before) if position + 1 == pattern.properties.len() => {
                        Span::new(pattern.properties[before].span.end, property.span.end)
                    }
                    _ => Span::new(property.span.start, end + blank),
                };
                let mut edits = vec![replace(removed, "")];
                edits.extend(self.rename_references(symbol, &local));
                edits
            }
            None if property.shorthand && !self.is_name_taken(to) => {
                let mut edits = vec![replace(property.span, to)];
                edits.extend(self.rename_references(symbol, to));
                edits
            }
            None if property.shorthand => vec![insert(property.span.start, format!("{to}: "))],
            None => vec![replace(property.key.span(), to)],
        };
        let nodes: Vec<NodeId> = self.module.references(symbol).collect();
        for node in nodes {
            let (outermost, kind) = self.module.outer(node);
            match kind {
                AstKind::CallExpression(call)
                    if call.callee.span() == self.module.kind(outermost).span() =>
                {
                    edits.extend(options_of(self, call, options)?);
                }
                // Lists of dependencies of a hook, and whether it is there yet.
                AstKind::ArrayExpression(_)
                | AstKind::IfStatement(_)
                | AstKind::LogicalExpression(_)
                | AstKind::UnaryExpression(_) => {}
                _ => return None,
            }
        }
        Some(edits)
    }

    /// The name at the end of a callee: `setSession` of `clerk.setSession`.
    fn method_span(&self, callee: &Expression<'a>) -> Span {
        match callee.get_inner_expression() {
            Expression::StaticMemberExpression(member) => member.property.span,
            Expression::ChainExpression(chain) => match chain.expression.as_member_expression() {
                Some(member) => member
                    .static_property_info()
                    .map_or(callee.span(), |(span, _)| span),
                None => callee.span(),
            },
            other => other.span(),
        }
    }

    fn page_options(&self, call: &CallExpression<'a>, rule: &'static Rule, callee: &Value) {
        for options in self.options(&call.arguments) {
            let limit = property_of(options.object, "limit");
            let offset = property_of(options.object, "offset");
            let first = match (limit, offset) {
                (Some(limit), _) => limit,
                (None, Some(offset)) => offset,
                (None, None) => continue,
            };
            let size = property_of(options.object, "pageSize").or(limit);
            let mut edits = Vec::new();
            let mut is_safe = options.own;
            if let Some(limit) = limit {
                edits.push(self.renamed_key(limit, "pageSize"));
            }
            if let Some(offset) = offset {
                let page = match (
                    number(&offset.value),
                    size.and_then(|size| number(&size.value)),
                ) {
                    (Some(0), _) => Some("1".to_owned()),
                    (Some(offset), Some(size)) if size > 0 && offset % size == 0 => {
                        Some((offset / size + 1).to_string())
                    }
                    _ => None,
                };
                let page = page.unwrap_or_else(|| {
                    is_safe = false;
                    let offset = self.source(offset.value.span());
                    let size = size.map_or("10", |size| self.source(size.value.span()));
                    format!("Math.floor({offset} / {size}) + 1")
                });
                edits.push(replace(offset.span, format!("initialPage: {page}")));
            }
            let what = match (limit, offset) {
                (Some(_), None) => "`limit` is `pageSize` in Core 2",
                (None, _) => {
                    "`offset`, a count of items, is `initialPage` in Core 2, a page counted from 1"
                }
                _ => {
                    "`limit` is `pageSize` in Core 2, and `offset`, a count of items, is `initialPage`, a page counted from 1"
                }
            };
            let fix = if is_safe {
                Fix::Safe(edits)
            } else {
                Fix::Review(edits)
            };
            self.report(rule, &callee.origin, first.key.span(), what, fix);
        }
    }

    fn method_replaced(
        &self,
        call: &CallExpression<'a>,
        rule: &'static Rule,
        to: &str,
        option: &str,
        value: &str,
        callee: &Value,
    ) {
        let name = self.method_span(&call.callee);
        let mut edits = vec![replace(name, to)];
        let added = format!("{option}: {value}");
        let mut is_known = true;
        match call.arguments.as_slice() {
            [] => edits.push(insert(call.span.end - 1, format!("{{ {added} }}"))),
            [Argument::ObjectExpression(object)] => edits.push(self.with_property(object, &added)),
            [other] => match other.as_expression() {
                Some(other) => edits.push(replace(
                    other.span(),
                    format!("{{ ...{}, {added} }}", self.source(other.span())),
                )),
                None => is_known = false,
            },
            _ => is_known = false,
        }
        let what = format!("`{}` is `{to}` with `{added}` in Core 2", self.source(name));
        self.report(
            rule,
            &callee.origin,
            name,
            &what,
            if is_known {
                Fix::Safe(edits)
            } else {
                Fix::None
            },
        );
    }

    fn call_to_member(
        &self,
        call: &CallExpression<'a>,
        rule: &'static Rule,
        to: &str,
        callee: &Value,
    ) {
        let name = self.method_span(&call.callee);
        let what = format!("`{}()` is the property `{to}` in Core 2", self.source(name));
        let edit = replace(Span::new(name.start, call.span.end), to);
        self.report(rule, &callee.origin, name, &what, Fix::Safe(vec![edit]));
    }

    /// `update({ password })`: the password has a method of its own.
    fn password_update(
        &self,
        id: NodeId,
        call: &CallExpression<'a>,
        rule: &'static Rule,
        callee: &Value,
    ) {
        for options in self.options(&call.arguments) {
            let Some(password) = property_of(options.object, "password") else {
                continue;
            };
            let name = self.method_span(&call.callee);
            let value = if password.shorthand {
                "password"
            } else {
                self.source(password.value.span())
            };
            let what = "a password is changed with `updatePassword({ newPassword, currentPassword })` in Core 2";
            let is_literal = matches!(call.arguments.as_slice(), [Argument::ObjectExpression(_)]);
            let fix = if !is_literal || has_spread(options.object) {
                Fix::None
            } else if options.object.properties.len() == 1 {
                Fix::Review(vec![
                    replace(name, "updatePassword"),
                    replace(
                        password.span,
                        format!(
                            "newPassword: {value} /* TODO: currentPassword, if there is one */"
                        ),
                    ),
                ])
            } else {
                self.split_password(id, call, options.object, password, value)
            };
            self.report(rule, &callee.origin, password.key.span(), what, fix);
        }
    }

    /// `await user.update({ a, password })` as a statement becomes two statements.
    fn split_password(
        &self,
        id: NodeId,
        call: &CallExpression<'a>,
        object: &ObjectExpression<'a>,
        password: &ObjectProperty<'a>,
        value: &str,
    ) -> Fix {
        let (outer, kind) = self.module.outer(id);
        let AstKind::AwaitExpression(wait) = kind else {
            return Fix::None;
        };
        let waiting = self.module.parent(outer);
        let AstKind::ExpressionStatement(statement) =
            self.module.semantic.nodes().parent_kind(waiting)
        else {
            return Fix::None;
        };
        let Some((receiver, _)) = callee_member(&call.callee) else {
            return Fix::None;
        };
        let line_start = self.module.text[..wait.span.start as usize]
            .rfind('\n')
            .map_or(0, |newline| newline + 1);
        let indent: String = self.module.text[line_start..]
            .chars()
            .take_while(|c| *c == ' ' || *c == '\t')
            .collect();
        let end = if self.source(statement.span).ends_with(';') {
            ";"
        } else {
            ""
        };
        let optional = if self.source(call.callee.span()).contains("?.update") {
            "?."
        } else {
            "."
        };
        let second = format!(
            "\n{indent}await {}{optional}updatePassword({{ newPassword: {value} /* TODO: currentPassword, if there is one */ }}){end}",
            self.source(receiver.span()),
        );
        Fix::Review(vec![
            self.without_property(object, password.span),
            insert(statement.span.end, second),
        ])
    }

    /// Text literals that name what changed.
    pub(super) fn literal(&self, id: NodeId, literal: &StringLiteral<'a>) {
        self.environment_literal(id, literal);
        for (host, rule) in &self.index.literals {
            let Change::HostMoved { to, .. } = &rule.change else {
                continue;
            };
            let raw = self.source(literal.span);
            let Some(at) = host_in(raw, host) else {
                continue;
            };
            let declared = rule.packages.iter().find(|package| {
                self.module
                    .project
                    .declared_generation(self.module.package, package)
                    == crate::Generation::Core1
            });
            let Some(package) = declared else { continue };
            let origin = Origin {
                package: package.clone(),
                confidence: crate::Confidence::Likely,
                why: String::new(),
            };
            let start = literal.span.start + u32::try_from(at).unwrap_or(0);
            let span = Span::new(start, start + u32::try_from(host.len()).unwrap_or(0));
            let fix = Fix::Review(vec![replace(span, to.as_str())]);
            self.report(
                rule,
                &origin,
                span,
                &format!("`{host}` is `{to}` in Core 2"),
                fix,
            );
        }
    }
}

/// The edits that make an object of the arguments of a call; none when there are more than options.
fn options_of<'a>(
    checker: &Checker<'_, 'a>,
    call: &CallExpression<'a>,
    options: &[String],
) -> Option<Vec<Edit>> {
    let expressions: Vec<&Expression<'a>> = call
        .arguments
        .iter()
        .map(|argument| argument.as_expression())
        .collect::<Option<_>>()?;
    let (Some(first), Some(last)) = (expressions.first(), expressions.last()) else {
        return Some(Vec::new());
    };
    if expressions.len() > options.len() {
        return None;
    }
    let written: Vec<String> = expressions
        .iter()
        .zip(options)
        .map(|(expression, option)| {
            let text = checker.source(expression.span());
            if text == option {
                option.clone()
            } else {
                format!("{option}: {text}")
            }
        })
        .collect();
    let span = Span::new(first.span().start, last.span().end);
    Some(vec![replace(span, format!("{{ {} }}", written.join(", ")))])
}

/// Where a text names a host, and not one that only contains its name.
fn host_in(text: &str, host: &str) -> Option<usize> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.';
    text.match_indices(host)
        .map(|(at, _)| at)
        .find(|at| !text[..*at].ends_with(is_part) && !text[at + host.len()..].starts_with(is_part))
}

/// A property of an object literal by its name.
pub(super) fn property_of<'e, 'a>(
    object: &'e ObjectExpression<'a>,
    name: &str,
) -> Option<&'e ObjectProperty<'a>> {
    object
        .properties
        .iter()
        .find_map(|property| match property {
            ObjectPropertyKind::ObjectProperty(property) => property
                .key
                .is_specific_static_name(name)
                .then_some(&**property),
            ObjectPropertyKind::SpreadProperty(_) => None,
        })
}

fn has_spread(object: &ObjectExpression<'_>) -> bool {
    object.properties.iter().any(ObjectPropertyKind::is_spread)
}

/// Whether leaving an expression out cannot leave out an effect.
fn is_plain(expression: &Expression<'_>) -> bool {
    match expression.get_inner_expression() {
        Expression::Identifier(_)
        | Expression::StringLiteral(_)
        | Expression::NumericLiteral(_)
        | Expression::BooleanLiteral(_)
        | Expression::NullLiteral(_) => true,
        Expression::TemplateLiteral(template) => template.expressions.iter().all(is_plain),
        Expression::StaticMemberExpression(member) => is_plain(&member.object),
        Expression::ComputedMemberExpression(member) => {
            is_plain(&member.object) && is_plain(&member.expression)
        }
        Expression::LogicalExpression(logical) => {
            is_plain(&logical.left) && is_plain(&logical.right)
        }
        _ => false,
    }
}

pub(super) fn for_review(fix: Fix) -> Fix {
    match fix {
        Fix::Safe(edits) | Fix::Review(edits) => Fix::Review(edits),
        Fix::None => Fix::None,
    }
}

/// A whole number that an expression is.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::float_cmp,
    reason = "checked to be a small whole number"
)]
fn number(expression: &Expression<'_>) -> Option<u64> {
    match expression {
        Expression::NumericLiteral(number)
            if number.value >= 0.0
                && number.value < 1e9
                && number.value.trunc() == number.value =>
        {
            Some(number.value as u64)
        }
        _ => None,
    }
}

/// The offset behind the comma that follows `offset`, comments before it skipped.
pub(super) fn after_comma(text: &str, offset: u32) -> u32 {
    let bytes = text.as_bytes();
    let mut at = offset as usize;
    while at < bytes.len() {
        match bytes[at] {
            b',' => {
                at += 1;
                break;
            }
            b'/' if bytes.get(at + 1) == Some(&b'*') => {
                at = text[at..]
                    .find("*/")
                    .map_or(bytes.len(), |end| at + end + 2);
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                at = text[at..]
                    .find('\n')
                    .map_or(bytes.len(), |end| at + end + 1);
            }
            byte if byte.is_ascii_whitespace() => at += 1,
            _ => break,
        }
    }
    u32::try_from(at).unwrap_or(offset)
}

/// Where the last name of a callee begins.
fn callee_end_start(callee: &str, span: Span) -> u32 {
    let start = callee.rfind('.').map_or(0, |dot| dot + 1);
    span.start + u32::try_from(start).unwrap_or(0)
}

/// How much of a call is its callee, for a finding about the call as such.
fn callee_length(call: &str) -> u32 {
    u32::try_from(call.find('(').unwrap_or(call.len())).unwrap_or(0)
}
