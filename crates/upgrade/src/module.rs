//! One parsed script: its bindings, and what its expressions are.
//!
//! Values are worked out when a rule asks, from the expression outwards: a name leads to its declaration, a parameter to
//! the call its function is given to, an import to a Clerk package or to another file. Each answer is kept.

use crate::{
    Confidence, Project,
    model::{CORE_1, ModelType},
    project::Exports,
    resolve::{clerk_package, resolve},
    value::{Origin, Type, Value},
};
use oxc_ast::{
    AstKind,
    ast::{
        Argument, ArrowFunctionBody, AssignmentTarget, BindingPattern, CallExpression, Class,
        ClassElement, Declaration, ExportDefaultDeclarationKind, Expression, ForStatementLeft,
        FormalParameter, ModuleExportName, ObjectPropertyKind, Program, PropertyKey, Statement,
        TSImportTypeQualifier, TSSignature, TSTupleElement, TSType, TSTypeName,
        TSTypeQueryExprName,
    },
};
use oxc_semantic::{NodeId, Semantic, SemanticBuilder, SymbolId};
use oxc_span::{GetSpan, Span};
use oxc_syntax::reference::ReferenceId;
use rustc_hash::FxHashMap;
use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::HashMap,
    sync::Arc,
};

/// How many steps a value is followed.
const MAX_STEPS: usize = 48;
/// How many call sites of a function are asked what they pass.
const MAX_CALL_SITES: usize = 16;
/// How deep types of the program are unfolded.
const MAX_TYPE_DEPTH: usize = 5;

pub(crate) struct Module<'a> {
    pub path: &'a str,
    pub package: Option<usize>,
    pub text: &'a str,
    pub project: &'a Project,
    pub semantic: Semantic<'a>,
    /// Reads what another file exports.
    read: &'a dyn Fn(&Project, &str) -> Arc<Exports>,
    nodes: RefCell<FxHashMap<NodeId, Option<Value>>>,
    symbols: RefCell<FxHashMap<SymbolId, Option<Value>>>,
    classes: RefCell<FxHashMap<NodeId, Option<Value>>>,
    webhook: OnceCell<Option<Value>>,
    modules: RefCell<HashMap<String, Option<String>>>,
    returns: OnceCell<FxHashMap<NodeId, Vec<NodeId>>>,
    steps: Cell<usize>,
}

impl<'a> Module<'a> {
    pub fn new(
        path: &'a str,
        package: Option<usize>,
        text: &'a str,
        program: &'a Program<'a>,
        project: &'a Project,
        read: &'a dyn Fn(&Project, &str) -> Arc<Exports>,
    ) -> Self {
        let semantic = SemanticBuilder::new()
            .with_build_nodes(true)
            .build(program)
            .semantic;
        Self {
            path,
            package,
            text,
            project,
            semantic,
            read,
            nodes: RefCell::default(),
            symbols: RefCell::default(),
            classes: RefCell::default(),
            webhook: OnceCell::new(),
            modules: RefCell::default(),
            returns: OnceCell::new(),
            steps: Cell::new(0),
        }
    }

    pub fn program(&self) -> &'a Program<'a> {
        self.semantic.nodes().program()
    }

    pub fn kind(&self, node: NodeId) -> AstKind<'a> {
        self.semantic.nodes().kind(node)
    }

    pub fn parent(&self, node: NodeId) -> NodeId {
        self.semantic.nodes().parent_id(node)
    }

    pub fn source(&self, span: Span) -> &'a str {
        &self.text[span.start as usize..span.end as usize]
    }

    /// The nearest ancestor that is more than brackets, a cast or `?.` around the node, and the outermost of these.
    pub fn outer(&self, node: NodeId) -> (NodeId, AstKind<'a>) {
        let mut inner = node;
        loop {
            let parent = self.parent(inner);
            match self.kind(parent) {
                AstKind::ParenthesizedExpression(_)
                | AstKind::ChainExpression(_)
                | AstKind::TSNonNullExpression(_)
                | AstKind::TSAsExpression(_)
                | AstKind::TSSatisfiesExpression(_)
                | AstKind::TSTypeAssertion(_) => inner = parent,
                kind => return (inner, kind),
            }
        }
    }

    /// The symbol that a reference means; none for a global.
    pub fn symbol_of(&self, reference: &Cell<Option<ReferenceId>>) -> Option<SymbolId> {
        self.semantic
            .scoping()
            .get_reference(reference.get()?)
            .symbol_id()
    }

    /// The nodes that refer to a symbol.
    pub fn references(&self, symbol: SymbolId) -> impl Iterator<Item = NodeId> + '_ {
        self.semantic
            .scoping()
            .get_resolved_references(symbol)
            .map(|reference| reference.node_id())
    }

    /// The file of the codebase that an import leads to.
    fn file_of(&self, specifier: &str) -> Option<String> {
        if let Some(known) = self.modules.borrow().get(specifier) {
            return known.clone();
        }
        let file = resolve(self.project, self.path, self.package, specifier);
        self.modules
            .borrow_mut()
            .insert(specifier.to_owned(), file.clone());
        file
    }

    fn exports_of(&self, specifier: &str) -> Option<Arc<Exports>> {
        let file = self.file_of(specifier)?;
        Some((self.read)(self.project, &file))
    }

    // Where values begin.

    fn origin(package: &str, why: String) -> Arc<Origin> {
        Arc::new(Origin {
            package: package.to_owned(),
            confidence: Confidence::Certain,
            why,
        })
    }

    /// What an import path gives as a whole.
    fn whole_module(&self, specifier: &str) -> Option<Value> {
        if let Some(package) = clerk_package(specifier) {
            let why = format!("it comes from `{specifier}`");
            return Some(Value {
                ty: Type::Entry(specifier.to_owned()),
                origin: Self::origin(package, why),
            });
        }
        let file = self.file_of(specifier)?;
        let exports = (self.read)(self.project, &file);
        let (_, first) = exports.values.iter().next()?;
        Some(Value {
            ty: Type::Module(file),
            origin: first.origin.clone(),
        })
    }

    /// What an import path exports under a name.
    fn import(&self, specifier: &str, name: &str) -> Option<Value> {
        if let Some(package) = clerk_package(specifier) {
            let ty = CORE_1
                .export(specifier, name)
                .or_else(|| CORE_1.deep_export(specifier, name))?
                .clone();
            let named = if name == "default" {
                "the default export"
            } else {
                name
            };
            let why = if name == "default" {
                format!("{named} of `{specifier}`")
            } else {
                format!("`{named}` is imported from `{specifier}`")
            };
            return Some(Value {
                ty: Type::Model(ty),
                origin: Self::origin(package, why),
            });
        }
        self.exports_of(specifier)?
            .values
            .get(name)
            .cloned()
            .map(|value| through(value, specifier))
    }

    /// The type that an import path exports under a name.
    fn import_type(&self, specifier: &str, name: &str) -> Option<Value> {
        if let Some(package) = clerk_package(specifier) {
            let interface = (CORE_1.interface(name)).or_else(|| CORE_1.class(specifier, name))?;
            let why = format!("it is typed as `{name}` of `{specifier}`");
            let ty = Type::Model(ModelType::Named(interface));
            return Some(Value {
                ty,
                origin: Self::origin(package, why),
            });
        }
        self.exports_of(specifier)?
            .types
            .get(name)
            .cloned()
            .map(|value| through(value, specifier))
    }

    // Expressions.

    /// What an expression is.
    pub fn value(&self, expression: &Expression<'a>) -> Option<Value> {
        self.value_of(expression.node_id())
    }

    /// What the expression at a node is.
    pub fn value_of(&self, node: NodeId) -> Option<Value> {
        if let Some(known) = self.nodes.borrow().get(&node) {
            return known.clone();
        }
        if self.steps.get() >= MAX_STEPS {
            return None;
        }
        // A value that is asked for while it is being worked out is none: it depends on itself.
        self.nodes.borrow_mut().insert(node, None);
        self.steps.set(self.steps.get() + 1);
        let value = self.work_out(node);
        self.steps.set(self.steps.get() - 1);
        self.nodes.borrow_mut().insert(node, value.clone());
        value
    }

    fn work_out(&self, node: NodeId) -> Option<Value> {
        match self.kind(node) {
            AstKind::IdentifierReference(identifier) => {
                self.symbol_value(self.symbol_of(&identifier.reference_id)?)
            }
            AstKind::StaticMemberExpression(member) => {
                self.member(&member.object, member.property.name.as_str())
            }
            AstKind::ComputedMemberExpression(member) => match &member.expression {
                Expression::StringLiteral(name) => self.member(&member.object, name.value.as_str()),
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "an index is small and positive"
                )]
                Expression::NumericLiteral(index) => self
                    .value(&member.object)?
                    .element((index.value >= 0.0).then_some(index.value as usize)),
                _ => self.value(&member.object)?.element(None),
            },
            AstKind::PrivateFieldExpression(member) => {
                self.class_member(node, member.field.name.as_str())
            }
            AstKind::CallExpression(call) => self.call(call),
            AstKind::NewExpression(new) => match &new.callee {
                // new Map(users.map((user) => [user.id, user])).get(id)
                Expression::Identifier(name) if name.name == "Map" => {
                    let entries = new.arguments.first()?.as_expression()?;
                    let value = self.entry_value(entries)?;
                    object_of(vec![("get".to_owned(), closure(value, false)?)])
                }
                callee => self.value(callee)?.called(),
            },
            AstKind::AwaitExpression(wait) => Some(self.value(&wait.argument)?.awaited()),
            AstKind::ParenthesizedExpression(inner) => self.value(&inner.expression),
            AstKind::ChainExpression(chain) => self.value_of(chain.expression.node_id()),
            AstKind::TSNonNullExpression(inner) => self.value(&inner.expression),
            AstKind::TSAsExpression(cast) => self
                .type_value(&cast.type_annotation, 0)
                .or_else(|| self.uncast(&cast.type_annotation, &cast.expression)),
            AstKind::TSTypeAssertion(cast) => self
                .type_value(&cast.type_annotation, 0)
                .or_else(|| self.uncast(&cast.type_annotation, &cast.expression)),
            AstKind::TSSatisfiesExpression(cast) => self.value(&cast.expression),
            AstKind::LogicalExpression(logical) => match logical.operator.is_and() {
                true => self.value(&logical.right),
                false => self
                    .value(&logical.left)
                    .or_else(|| self.value(&logical.right)),
            },
            AstKind::ConditionalExpression(choice) => self
                .value(&choice.consequent)
                .or_else(|| self.value(&choice.alternate)),
            AstKind::AssignmentExpression(assignment) => self.value(&assignment.right),
            AstKind::SequenceExpression(sequence) => self.value(sequence.expressions.last()?),
            AstKind::ImportExpression(import) => match &import.source {
                Expression::StringLiteral(source) => self
                    .whole_module(source.value.as_str())
                    .map(Value::promised),
                _ => None,
            },
            AstKind::ArrayExpression(array) => {
                let elements: Vec<_> = array
                    .elements
                    .iter()
                    .map(|element| self.value(element.as_expression()?))
                    .collect();
                let origin = elements.iter().flatten().next()?.origin.clone();
                Some(Value {
                    ty: Type::Tuple(Arc::new(elements)),
                    origin,
                })
            }
            AstKind::ObjectExpression(object) => {
                let mut members = Vec::new();
                for property in &object.properties {
                    if let ObjectPropertyKind::ObjectProperty(property) = property
                        && let Some(key) = property.key.static_name()
                        && let Some(value) = self.value(&property.value)
                    {
                        members.push((key.into_owned(), value));
                    }
                }
                object_of(members)
            }
            AstKind::ArrowFunctionExpression(function) => {
                let returns = match (&function.return_type, &function.body) {
                    (Some(ty), _) => self.type_value(&ty.type_annotation, 0),
                    (None, ArrowFunctionBody::FunctionBody(_)) => self.returned(node),
                    (None, body) => self.value(body.as_expression()?),
                };
                closure(returns?, function.r#async)
            }
            AstKind::Function(function) => {
                let returns = match &function.return_type {
                    Some(ty) => self.type_value(&ty.type_annotation, 0),
                    None => self.returned(node),
                };
                closure(returns?, function.r#async && !function.generator)
            }
            _ => None,
        }
    }

    /// A cast to a type that says nothing (`as any`) hides what is inside; a cast to a type of another's proves it foreign.
    fn uncast(&self, ty: &TSType<'a>, expression: &Expression<'a>) -> Option<Value> {
        match ty {
            TSType::TSAnyKeyword(_) => {
                Some(self.value(expression)?.weakened(Confidence::Likely, |why| {
                    format!("{why}, then cast to `any`")
                }))
            }
            TSType::TSTypeReference(reference) if matches!(&reference.type_name, TSTypeName::IdentifierReference(name) if name.name == "const") => {
                self.value(expression)
            }
            _ => None,
        }
    }

    fn member(&self, object: &Expression<'a>, name: &str) -> Option<Value> {
        if let Expression::ThisExpression(this) = object {
            return self.class_member(this.node_id(), name);
        }
        if name == "default"
            && let Some(value) = self.value(object)
            && let Type::Entry(entry) = &value.ty
            && CORE_1.export(entry, "default").is_none()
        {
            return Some(value);
        }
        match self.value(object) {
            Some(value) => self.member_of(&value, name),
            None if name == "auth" => self.request_auth(object),
            None if name == "data" => self.webhook_data(),
            None => None,
        }
    }

    fn member_of(&self, value: &Value, name: &str) -> Option<Value> {
        match &value.ty {
            Type::Module(file) => (self.read)(self.project, file).values.get(name).cloned(),
            Type::Entry(entry) => self
                .import(entry, name)
                .or_else(|| (name == "default").then(|| value.clone())),
            _ => value.member(name),
        }
    }

    /// `req.auth` as Clerk's Express middleware sets it, on a request that no type describes.
    fn request_auth(&self, object: &Expression<'a>) -> Option<Value> {
        let Expression::Identifier(name) = object.get_inner_expression() else {
            return None;
        };
        if !matches!(name.name.as_str(), "req" | "request" | "_req") {
            return None;
        }
        const NODE: &str = "@clerk/clerk-sdk-node";
        let imports_node = self.program().body.iter().any(|statement| match statement {
            Statement::ImportDeclaration(import) => {
                clerk_package(import.source.value.as_str()) == Some(NODE)
            }
            _ => false,
        }) || self.text.contains("require('@clerk/clerk-sdk-node")
            || self.text.contains("require(\"@clerk/clerk-sdk-node");
        let declared =
            self.project.declared_generation(self.package, NODE) == crate::Generation::Core1;
        let (confidence, why) = match (imports_node, declared) {
            (true, _) => (
                Confidence::Likely,
                "the file uses Clerk's Express middleware, which sets `req.auth`",
            ),
            (false, true) => (
                Confidence::Possible,
                "the package depends on Clerk's Node SDK, which sets `req.auth`",
            ),
            _ => return None,
        };
        let origin = Origin {
            package: NODE.to_owned(),
            confidence,
            why: why.to_owned(),
        };
        Some(Value {
            ty: Type::Model(ModelType::Named("LegacyAuthObject")),
            origin: Arc::new(origin),
        })
    }

    /// `event.data` in a file that handles Clerk's webhooks, on an event that no type of Clerk's describes.
    fn webhook_data(&self) -> Option<Value> {
        self.webhook.get_or_init(|| self.find_webhook()).clone()
    }

    fn find_webhook(&self) -> Option<Value> {
        const SENDERS: [&str; 8] = [
            "@clerk/nextjs",
            "@clerk/clerk-sdk-node",
            "@clerk/backend",
            "@clerk/fastify",
            "@clerk/remix",
            "gatsby-plugin-clerk",
            "@clerk/clerk-react",
            "@clerk/clerk-expo",
        ];
        // Svix delivers them, for others as well: the names of the events tell.
        let is_receiver = self.text.contains("svix")
            || self.text.contains("CLERK_WEBHOOK")
            || self.path.contains("webhook");
        let is_handler = is_receiver
            && ["user", "organization", "organizationMembership"]
                .iter()
                .flat_map(|object| ["created", "updated"].map(|what| format!("{object}.{what}")))
                .any(|event| self.text.contains(&event));
        if !is_handler {
            return None;
        }
        let package = SENDERS.iter().find(|package| {
            self.project.declared_generation(self.package, package) == crate::Generation::Core1
        })?;
        let origin = Origin {
            package: (*package).to_owned(),
            confidence: Confidence::Likely,
            why: "the file handles Clerk's webhooks".to_owned(),
        };
        Some(Value {
            ty: Type::Model(ModelType::Named("WebhookData")),
            origin: Arc::new(origin),
        })
    }

    /// `this.name`: by the field's type, its value, a parameter property or an assignment in the constructor.
    fn class_member(&self, node: NodeId, name: &str) -> Option<Value> {
        let class = self
            .semantic
            .nodes()
            .ancestor_kinds(node)
            .find_map(|kind| match kind {
                AstKind::Class(class) => Some(class),
                _ => None,
            })?;
        self.member_of_class(class, name)
    }

    fn member_of_class(&self, class: &Class<'a>, name: &str) -> Option<Value> {
        let is_name = |key: &PropertyKey<'a>| match key {
            PropertyKey::PrivateIdentifier(key) => key.name == name,
            key => key.is_specific_static_name(name),
        };
        for element in &class.body.body {
            match element {
                ClassElement::PropertyDefinition(field) if is_name(&field.key) => {
                    let value = match &field.type_annotation {
                        Some(ty) => self.type_value(&ty.type_annotation, 0),
                        None => field.value.as_ref().and_then(|value| self.value(value)),
                    };
                    if value.is_some() {
                        return value;
                    }
                }
                ClassElement::MethodDefinition(method) if is_name(&method.key) => {
                    let value = self.value_of(method.value.node_id())?;
                    return if method.kind.is_get() {
                        value.called()
                    } else {
                        Some(value)
                    };
                }
                _ => {}
            }
        }
        let constructor = class.body.body.iter().find_map(|element| match element {
            ClassElement::MethodDefinition(method) if method.kind.is_constructor() => {
                Some(&method.value)
            }
            _ => None,
        })?;
        for parameter in &constructor.params.items {
            if parameter.accessibility.is_some() || parameter.readonly {
                let BindingPattern::BindingIdentifier(id) = &parameter.pattern else {
                    continue;
                };
                if id.name == name {
                    return self
                        .type_value(&parameter.type_annotation.as_ref()?.type_annotation, 0);
                }
            }
        }
        for statement in constructor.body.iter().flat_map(|body| &body.statements) {
            let Statement::ExpressionStatement(statement) = statement else {
                continue;
            };
            let Expression::AssignmentExpression(assignment) = &statement.expression else {
                continue;
            };
            let is_it = match &assignment.left {
                AssignmentTarget::StaticMemberExpression(member) => {
                    matches!(member.object, Expression::ThisExpression(_))
                        && member.property.name == name
                }
                AssignmentTarget::PrivateFieldExpression(member) => member.field.name == name,
                _ => false,
            };
            if is_it {
                return self.value(&assignment.right);
            }
        }
        None
    }

    /// What the function at a node returns, by its `return` statements.
    fn returned(&self, function: NodeId) -> Option<Value> {
        let returns = self.returns.get_or_init(|| {
            let mut returns: FxHashMap<NodeId, Vec<NodeId>> = FxHashMap::default();
            for node in self.semantic.nodes().iter() {
                if let AstKind::ReturnStatement(statement) = node.kind()
                    && let Some(argument) = &statement.argument
                    && let Some(function) = self.enclosing_function(node.id())
                {
                    returns
                        .entry(function)
                        .or_default()
                        .push(argument.node_id());
                }
            }
            returns
        });
        returns
            .get(&function)?
            .iter()
            .find_map(|argument| self.value_of(*argument))
    }

    /// The function that a node is directly in.
    pub fn enclosing_function(&self, node: NodeId) -> Option<NodeId> {
        self.semantic
            .nodes()
            .ancestors(node)
            .find(|ancestor| {
                matches!(
                    ancestor.kind(),
                    AstKind::Function(_) | AstKind::ArrowFunctionExpression(_)
                )
            })
            .map(|ancestor| ancestor.id())
    }

    /// The import path of `require('…')` and its kin.
    pub fn required(&self, call: &CallExpression<'a>) -> Option<&'a str> {
        let is_require = match &call.callee {
            Expression::Identifier(name) => {
                name.name == "require" && self.symbol_of(&name.reference_id).is_none()
            }
            Expression::StaticMemberExpression(member) => {
                matches!(&member.object, Expression::Identifier(name) if name.name == "jest" || name.name == "vi")
                    && matches!(
                        member.property.name.as_str(),
                        "requireActual" | "requireMock" | "importActual" | "importMock"
                    )
            }
            _ => false,
        };
        match call.arguments.first() {
            Some(Argument::StringLiteral(specifier)) if is_require => {
                Some(specifier.value.as_str())
            }
            _ => None,
        }
    }

    fn call(&self, call: &CallExpression<'a>) -> Option<Value> {
        if let Some(specifier) = self.required(call) {
            let whole = self.whole_module(specifier)?;
            let is_promise = matches!(&call.callee, Expression::StaticMemberExpression(member) if member.property.name.starts_with("import"));
            return Some(if is_promise { whole.promised() } else { whole });
        }
        let argument = |index: usize| call.arguments.get(index).and_then(Argument::as_expression);
        let callee = call.callee.get_inner_expression();
        if let Some((object, name)) = callee_member(callee) {
            if let Some(value) = self.method_result(object, name, call) {
                return Some(value);
            }
            if let Expression::Identifier(global) = object {
                match (global.name.as_str(), name) {
                    ("Promise", "all") => {
                        let elements = self.value(argument(0)?)?;
                        return match &elements.ty {
                            Type::Tuple(values) => {
                                let awaited = values
                                    .iter()
                                    .map(|value| value.as_ref().map(Value::awaited))
                                    .collect();
                                let tuple = Type::Tuple(Arc::new(awaited));
                                Some(Value {
                                    ty: Type::Promise(Arc::new(tuple)),
                                    origin: elements.origin,
                                })
                            }
                            Type::Model(ModelType::List(element)) => {
                                let element = elements.with((**element).clone())?.awaited();
                                element.listed().map(Value::promised)
                            }
                            _ => None,
                        };
                    }
                    ("Object", "fromEntries") => return self.entry_value(argument(0)?)?.listed(),
                    ("Promise", "resolve") => return self.value(argument(0)?).map(Value::promised),
                    ("Array", "from") | ("Object", "freeze") => return self.value(argument(0)?),
                    ("JSON", "parse") => {
                        let Expression::CallExpression(inner) = argument(0)? else {
                            return None;
                        };
                        return match callee_member(&inner.callee) {
                            Some((Expression::Identifier(json), "stringify"))
                                if json.name == "JSON" =>
                            {
                                self.value(inner.arguments.first()?.as_expression()?)
                            }
                            _ => None,
                        };
                    }
                    _ => {}
                }
            }
        }
        if let Some(value) = self.value(callee) {
            return value.called();
        }
        // Functions of well-known libraries that hand on what they are given.
        let name = match callee {
            Expression::Identifier(name) => name.name.as_str(),
            callee => callee_member(callee)?.1,
        };
        match name {
            "cache" | "unstable_cache" | "useCallback" | "memoize" | "memo" | "asyncHandler"
            | "once" => self.value(argument(0)?),
            // A context is what its readers get.
            "createContext" => {
                let held = call
                    .type_arguments
                    .as_ref()
                    .and_then(|types| self.type_value(types.params.first()?, 0))
                    .or_else(|| self.value(argument(0)?))?;
                closure(held, false)
            }
            // Vue's, whose key says nothing.
            "inject" => {
                let types = call.type_arguments.as_ref()?;
                self.type_value(types.params.first()?, 0)
            }
            "useMemo" | "useContext" => self.value(argument(0)?)?.called(),
            "structuredClone" | "cloneDeep" => self.value(argument(0)?),
            "useState" | "useRef" | "ref" | "computed" => {
                let typed = call
                    .type_arguments
                    .as_ref()
                    .and_then(|types| self.type_value(types.params.first()?, 0));
                let held = typed.or_else(|| {
                    let initial = self.value(argument(0)?)?;
                    Some(
                        initial
                            .called()
                            .filter(|_| matches!(initial.ty, Type::Closure(_)))
                            .unwrap_or(initial),
                    )
                })?;
                let origin = held.origin.clone();
                let ty = match name {
                    "useState" => Type::Tuple(Arc::new(vec![Some(held)])),
                    "useRef" => Type::Object(Arc::new(vec![("current".to_owned(), held)])),
                    _ => Type::Object(Arc::new(vec![("value".to_owned(), held)])),
                };
                Some(Value { ty, origin })
            }
            "useQuery" | "useSuspenseQuery" | "fetchQuery" => {
                let options = self
                    .value(argument(0)?)
                    .or_else(|| self.value(argument(1)?))?;
                let function = options.member("queryFn").unwrap_or(options);
                object_of(vec![("data".to_owned(), function.called()?.awaited())])
            }
            "useSWR" => object_of(vec![(
                "data".to_owned(),
                self.value(argument(1)?)?.called()?.awaited(),
            )]),
            _ => None,
        }
    }

    /// The value in `xs.map((x) => [key, value])`.
    fn entry_value(&self, entries: &Expression<'a>) -> Option<Value> {
        let Expression::CallExpression(call) = entries.get_inner_expression() else {
            return None;
        };
        let (_, "map") = callee_member(call.callee.get_inner_expression())? else {
            return None;
        };
        let callback = call.arguments.first()?.as_expression()?;
        self.value(callback)?.called()?.element(Some(1))
    }

    /// Methods of arrays, promises and functions.
    fn method_result(
        &self,
        object: &Expression<'a>,
        name: &str,
        call: &CallExpression<'a>,
    ) -> Option<Value> {
        let returned = || {
            let callback = call.arguments.first()?.as_expression()?;
            self.value(callback)?.called()
        };
        let receiver = match name {
            "map" | "flatMap" | "filter" | "slice" | "sort" | "reverse" | "concat" | "toSorted"
            | "toReversed" | "find" | "findLast" | "at" | "pop" | "shift" | "then" | "catch"
            | "finally" | "bind" => match self.value(object) {
                Some(receiver) => receiver,
                // Whatever is mapped: the result is what the callback makes of it.
                None if name == "map" => return returned()?.listed(),
                None => return None,
            },
            _ => return None,
        };
        if receiver.is_promise() {
            return match name {
                "then" => returned().map(Value::promised),
                "catch" | "finally" => Some(receiver),
                _ => None,
            };
        }
        if receiver.is_list() || matches!(receiver.ty, Type::Tuple(_)) {
            return match name {
                "map" => {
                    let element = returned()?;
                    element.listed()
                }
                "flatMap" => {
                    let element = returned()?;
                    if element.is_list() {
                        Some(element)
                    } else {
                        element.listed()
                    }
                }
                "filter" | "slice" | "sort" | "reverse" | "concat" | "toSorted" | "toReversed" => {
                    Some(receiver)
                }
                "find" | "findLast" | "at" | "pop" | "shift" => receiver.element(Some(0)),
                _ => None,
            };
        }
        (name == "bind" && receiver.called().is_some()).then_some(receiver)
    }

    // Names.

    /// What a binding holds.
    pub fn symbol_value(&self, symbol: SymbolId) -> Option<Value> {
        if let Some(known) = self.symbols.borrow().get(&symbol) {
            return known.clone();
        }
        self.symbols.borrow_mut().insert(symbol, None);
        let value = self.declared(symbol);
        self.symbols.borrow_mut().insert(symbol, value.clone());
        value
    }

    /// The import path and name that a binding is imported under; `*` for the whole module.
    pub fn imported(&self, symbol: SymbolId) -> Option<(&'a str, &'a str)> {
        let declaration = self.semantic.scoping().symbol_declaration(symbol);
        let name = match self.kind(declaration) {
            AstKind::ImportSpecifier(specifier) => export_name(&specifier.imported),
            AstKind::ImportDefaultSpecifier(_) => "default",
            AstKind::ImportNamespaceSpecifier(_) => "*",
            _ => return None,
        };
        match self.semantic.nodes().parent_kind(declaration) {
            AstKind::ImportDeclaration(import) => Some((import.source.value.as_str(), name)),
            _ => None,
        }
    }

    fn declared(&self, symbol: SymbolId) -> Option<Value> {
        if let Some((specifier, name)) = self.imported(symbol) {
            return if name == "*" {
                self.whole_module(specifier)
            } else {
                self.import(specifier, name)
            };
        }
        let declaration = self.semantic.scoping().symbol_declaration(symbol);
        match self.kind(declaration) {
            AstKind::VariableDeclarator(declarator) => {
                let whole = match &declarator.type_annotation {
                    Some(ty) => self.type_value(&ty.type_annotation, 0).or_else(|| {
                        match ty.type_annotation {
                            TSType::TSAnyKeyword(_) => {
                                let value = self.value(declarator.init.as_ref()?)?;
                                Some(value.weakened(Confidence::Likely, |why| {
                                    format!("{why}, declared as `any`")
                                }))
                            }
                            _ => None,
                        }
                    }),
                    None => match &declarator.init {
                        Some(init) => self.value(init),
                        None => self.looped_over(declaration),
                    },
                };
                whole
                    .and_then(|whole| self.bound(&declarator.id, symbol, Some(whole))?)
                    .or_else(|| {
                        // Declared first, given its value later.
                        let BindingPattern::BindingIdentifier(_) = &declarator.id else {
                            return None;
                        };
                        if declarator.type_annotation.is_some() {
                            return None;
                        }
                        self.assigned(symbol)
                    })
            }
            AstKind::FormalParameter(parameter) => self.bound(
                &parameter.pattern,
                symbol,
                self.parameter(declaration, parameter),
            )?,
            AstKind::Function(_) => self.value_of(declaration),
            AstKind::Class(class) => closure(self.instance(class)?, false),
            AstKind::TSImportEqualsDeclaration(import) => match &import.module_reference {
                oxc_ast::ast::TSModuleReference::ExternalModuleReference(reference) => {
                    self.whole_module(reference.expression.value.as_str())
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The element that `for (const x of xs)` binds.
    fn looped_over(&self, declarator: NodeId) -> Option<Value> {
        let declaration = self.parent(declarator);
        match self.semantic.nodes().parent_kind(declaration) {
            AstKind::ForOfStatement(statement)
                if matches!(statement.left, ForStatementLeft::VariableDeclaration(_)) =>
            {
                self.value(&statement.right)?.awaited().element(None)
            }
            _ => None,
        }
    }

    /// What is assigned to a binding after its declaration.
    fn assigned(&self, symbol: SymbolId) -> Option<Value> {
        self.semantic
            .scoping()
            .get_resolved_references(symbol)
            .filter(|reference| reference.is_write())
            .find_map(
                |reference| match self.semantic.nodes().parent_kind(reference.node_id()) {
                    AstKind::AssignmentExpression(assignment)
                        if assignment.left.span() == self.kind(reference.node_id()).span() =>
                    {
                        self.value(&assignment.right)
                    }
                    _ => None,
                },
            )
    }

    /// What the part of a pattern that binds `symbol` gets when the whole pattern gets `value`. The outer option says
    /// whether the pattern binds it at all.
    fn bound(
        &self,
        pattern: &BindingPattern<'a>,
        symbol: SymbolId,
        value: Option<Value>,
    ) -> Option<Option<Value>> {
        match pattern {
            BindingPattern::BindingIdentifier(id) => {
                (id.symbol_id.get() == Some(symbol)).then_some(value)
            }
            BindingPattern::ObjectPattern(object) => {
                let of_property = object.properties.iter().find_map(|property| {
                    let member = property
                        .key
                        .static_name()
                        .and_then(|key| match value.as_ref() {
                            Some(value) => self.member_of(value, &key),
                            None if key == "data" => self.webhook_data(),
                            None => None,
                        });
                    self.bound(&property.value, symbol, member)
                });
                // `{ id, ...rest }`: the rest is what the whole is.
                of_property.or_else(|| self.bound(&object.rest.as_ref()?.argument, symbol, value))
            }
            BindingPattern::ArrayPattern(array) => {
                array
                    .elements
                    .iter()
                    .enumerate()
                    .find_map(|(index, element)| {
                        let item = value.as_ref().and_then(|value| value.element(Some(index)));
                        self.bound(element.as_ref()?, symbol, item)
                    })
            }
            BindingPattern::AssignmentPattern(with_default) => {
                let value = value.or_else(|| self.value(&with_default.right));
                self.bound(&with_default.left, symbol, value)
            }
        }
    }

    /// The value that a whole pattern destructures, for any pattern node.
    pub fn destructured(&self, pattern: NodeId) -> Option<Value> {
        let parent = self.parent(pattern);
        match self.kind(parent) {
            AstKind::VariableDeclarator(declarator) => {
                match (&declarator.type_annotation, &declarator.init) {
                    (Some(ty), _) => self.type_value(&ty.type_annotation, 0),
                    (None, Some(init)) => self.value(init),
                    (None, None) => self.looped_over(parent),
                }
            }
            AstKind::FormalParameter(parameter) => self.parameter(parent, parameter),
            AstKind::BindingProperty(property) => {
                let key = property.key.static_name()?;
                match self.destructured(self.parent(parent)) {
                    Some(whole) => self.member_of(&whole, &key),
                    None if key == "data" => self.webhook_data(),
                    None => None,
                }
            }
            AstKind::AssignmentPattern(with_default) => self
                .destructured(parent)
                .or_else(|| self.value(&with_default.right)),
            AstKind::ArrayPattern(array) => {
                let span = self.kind(pattern).span();
                let index = array.elements.iter().position(|element| {
                    element
                        .as_ref()
                        .is_some_and(|element| element.span() == span)
                })?;
                self.destructured(parent)?.element(Some(index))
            }
            AstKind::AssignmentExpression(assignment) => self.value(&assignment.right),
            AstKind::AssignmentTargetPropertyProperty(property) => {
                let key = property.name.static_name()?;
                self.member_of(&self.destructured(self.parent(parent))?, &key)
            }
            _ => None,
        }
    }

    // Parameters.

    fn parameter(&self, node: NodeId, parameter: &FormalParameter<'a>) -> Option<Value> {
        if let Some(ty) = &parameter.type_annotation
            && !matches!(ty.type_annotation, TSType::TSAnyKeyword(_))
        {
            return self.type_value(&ty.type_annotation, 0);
        }
        let parameters = self.parent(node);
        let AstKind::FormalParameters(list) = self.kind(parameters) else {
            return None;
        };
        let index = list
            .items
            .iter()
            .position(|item| item.span == parameter.span)?;
        let function = self.parent(parameters);
        if parameter.type_annotation.is_some() {
            let value = self.passed(function, index)?;
            return Some(
                value.weakened(Confidence::Likely, |why| format!("{why}, passed as `any`")),
            );
        }
        self.passed(function, index).or_else(|| {
            parameter
                .initializer
                .as_ref()
                .and_then(|initial| self.value(initial))
        })
    }

    /// What a function gets as an argument, by the call it is given to, or by those that call it by its name.
    fn passed(&self, function: NodeId, index: usize) -> Option<Value> {
        let (outermost, kind) = self.outer(function);
        match kind {
            AstKind::CallExpression(call) => {
                let outermost = self.kind(outermost).span();
                let position = call
                    .arguments
                    .iter()
                    .position(|argument| argument.span() == outermost);
                match position {
                    Some(position) => self.callback_argument(call, position, index),
                    // (function (x) {})(y)
                    None => self.value(call.arguments.get(index)?.as_expression()?),
                }
            }
            AstKind::VariableDeclarator(declarator) => {
                match (&declarator.type_annotation, &declarator.id) {
                    (Some(ty), _) => self.annotated_parameter(&ty.type_annotation, index),
                    (None, BindingPattern::BindingIdentifier(id)) => {
                        self.passed_by_callers(id.symbol_id.get()?, index)
                    }
                    _ => None,
                }
            }
            AstKind::ObjectProperty(property) => {
                self.option_parameter(self.parent(function), &property.key, index)
            }
            _ => match self.kind(function) {
                AstKind::Function(named) => {
                    self.passed_by_callers(named.id.as_ref()?.symbol_id.get()?, index)
                }
                _ => None,
            },
        }
    }

    /// What a variable's type says of a parameter of the function that it holds: `(user: User) => void`,
    /// `FC<{ user: User }>`.
    fn annotated_parameter(&self, ty: &TSType<'a>, index: usize) -> Option<Value> {
        match ty {
            TSType::TSFunctionType(function) => {
                let parameter = function.params.items.get(index)?;
                self.type_value(&parameter.type_annotation.as_ref()?.type_annotation, 0)
            }
            TSType::TSTypeReference(reference) if index == 0 => {
                let name = match &reference.type_name {
                    TSTypeName::IdentifierReference(name) => name.name.as_str(),
                    TSTypeName::QualifiedName(name) => name.right.name.as_str(),
                    TSTypeName::ThisExpression(_) => return None,
                };
                let is_component = matches!(
                    name,
                    "FC" | "VFC"
                        | "FunctionComponent"
                        | "VoidFunctionComponent"
                        | "NextPage"
                        | "Component"
                );
                let props = reference.type_arguments.as_ref()?.params.first()?;
                is_component.then(|| self.type_value(props, 0))?
            }
            _ => None,
        }
    }

    /// A parameter of a function that is an option of a call: `authMiddleware({ afterAuth(auth) {} })`.
    fn option_parameter(
        &self,
        property: NodeId,
        key: &PropertyKey<'a>,
        index: usize,
    ) -> Option<Value> {
        let options = self.parent(property);
        let (outermost, kind) = self.outer(options);
        let AstKind::CallExpression(call) = kind else {
            return None;
        };
        let span = self.kind(outermost).span();
        let position = call
            .arguments
            .iter()
            .position(|argument| argument.span() == span)?;
        let callee = self.value(call.callee.get_inner_expression())?;
        let options = callee.with(callee.signature()?.parameters.get(position)?.clone())?;
        let option = options.member(&key.static_name()?)?;
        option.with(option.signature()?.parameters.get(index)?.clone())
    }

    /// The argument at `index` that a callback at `position` of a call gets.
    fn callback_argument(
        &self,
        call: &CallExpression<'a>,
        position: usize,
        index: usize,
    ) -> Option<Value> {
        let callee = call.callee.get_inner_expression();
        if let Some((object, name)) = callee_member(callee)
            && let Some(receiver) = self.value(object)
        {
            if receiver.is_promise() && name == "then" && position == 0 && index == 0 {
                return Some(receiver.awaited());
            }
            if receiver.is_list() || matches!(receiver.ty, Type::Tuple(_)) {
                let is_element = match name {
                    "map" | "forEach" | "filter" | "find" | "findIndex" | "findLast" | "some"
                    | "every" | "flatMap" => index == 0,
                    "sort" | "toSorted" => index < 2,
                    "reduce" | "reduceRight" => index == 1,
                    _ => false,
                };
                return if is_element && position == 0 {
                    receiver.element(Some(0))
                } else {
                    None
                };
            }
        }
        if index == 0
            && let Some(request) = self.request_behind_middleware(call)
        {
            return Some(request);
        }
        let callee = self.value(callee)?;
        let ModelType::Function(callback) = callee.signature()?.parameters.get(position)? else {
            return None;
        };
        callee.with(callback.parameters.get(index)?.clone())
    }

    /// What the handlers of `app.get(path, ClerkExpressRequireAuth(), handler)` get first.
    fn request_behind_middleware(&self, call: &CallExpression<'a>) -> Option<Value> {
        call.arguments.iter().find_map(|argument| {
            let Argument::CallExpression(middleware) = argument else {
                return None;
            };
            let middleware = self.value(middleware.callee.get_inner_expression())?;
            matches!(
                middleware.signature()?.name.as_str(),
                "ClerkExpressRequireAuth" | "ClerkExpressWithAuth"
            )
            .then(|| middleware.with(ModelType::Named("LooseAuthProp")))?
        })
    }

    fn passed_by_callers(&self, symbol: SymbolId, index: usize) -> Option<Value> {
        let value = self
            .references(symbol)
            .take(MAX_CALL_SITES)
            .find_map(|reference| {
                let (outermost, kind) = self.outer(reference);
                match kind {
                    AstKind::CallExpression(call) => {
                        let span = self.kind(outermost).span();
                        if call.callee.span() == span {
                            return self.value(call.arguments.get(index)?.as_expression()?);
                        }
                        let position = call
                            .arguments
                            .iter()
                            .position(|argument| argument.span() == span)?;
                        self.callback_argument(call, position, index)
                    }
                    AstKind::JSXOpeningElement(element) if index == 0 => {
                        let mut members = Vec::new();
                        for attribute in &element.attributes {
                            let Some(attribute) = attribute.as_attribute() else {
                                continue;
                            };
                            let (Some(name), Some(value)) =
                                (attribute.name.as_identifier(), &attribute.value)
                            else {
                                continue;
                            };
                            if let oxc_ast::ast::JSXAttributeValue::ExpressionContainer(container) =
                                value
                                && let Some(expression) = container.expression.as_expression()
                                && let Some(value) = self.value(expression)
                            {
                                members.push((name.name.as_str().to_owned(), value));
                            }
                        }
                        object_of(members)
                    }
                    _ => None,
                }
            })?;
        let name = self.semantic.scoping().symbol_name(symbol).to_owned();
        Some(value.weakened(Confidence::Likely, |why| {
            format!("{why}, and passed to `{name}`")
        }))
    }

    // Types.

    /// What a value of a type annotation is.
    pub fn type_value(&self, ty: &TSType<'a>, depth: usize) -> Option<Value> {
        if depth > MAX_TYPE_DEPTH {
            return None;
        }
        let deeper = depth + 1;
        match ty {
            TSType::TSTypeReference(reference) => {
                let argument = |index: usize| reference.type_arguments.as_ref()?.params.get(index);
                match &reference.type_name {
                    TSTypeName::IdentifierReference(name) => {
                        if let Some(symbol) = self.symbol_of(&name.reference_id) {
                            return self.named_type(symbol, deeper);
                        }
                        let inner = || self.type_value(argument(0)?, deeper);
                        match name.name.as_str() {
                            "Promise" | "PromiseLike" => inner().map(Value::promised),
                            "Array" | "ReadonlyArray" | "Set" => inner()?.listed(),
                            "Awaited" => inner().map(|value| value.awaited()),
                            "ReturnType" => inner()?.called(),
                            "Extract" | "Exclude" | "Omit" | "Pick" | "NonNullable" | "Partial"
                            | "Readonly" | "Required" => inner(),
                            _ => None,
                        }
                    }
                    TSTypeName::QualifiedName(qualified) => {
                        let TSTypeName::IdentifierReference(namespace) = &qualified.left else {
                            return None;
                        };
                        let (specifier, name) =
                            self.imported(self.symbol_of(&namespace.reference_id)?)?;
                        (name == "*")
                            .then(|| self.import_type(specifier, qualified.right.name.as_str()))?
                    }
                    TSTypeName::ThisExpression(_) => None,
                }
            }
            TSType::TSArrayType(array) => self.type_value(&array.element_type, deeper)?.listed(),
            TSType::TSParenthesizedType(inner) => self.type_value(&inner.type_annotation, depth),
            TSType::TSTypeOperatorType(operator) => {
                self.type_value(&operator.type_annotation, deeper)
            }
            TSType::TSUnionType(union) => union
                .types
                .iter()
                .find_map(|ty| self.type_value(ty, deeper)),
            TSType::TSIntersectionType(intersection) => intersection
                .types
                .iter()
                .find_map(|ty| self.type_value(ty, deeper)),
            TSType::TSTypeLiteral(literal) => self.members_of(&literal.members, deeper),
            TSType::TSTupleType(tuple) => {
                let elements: Vec<_> = tuple
                    .element_types
                    .iter()
                    .map(|element| match element {
                        TSTupleElement::TSOptionalType(_) | TSTupleElement::TSRestType(_) => None,
                        element => self.type_value(element.as_ts_type()?, deeper),
                    })
                    .collect();
                let origin = elements.iter().flatten().next()?.origin.clone();
                Some(Value {
                    ty: Type::Tuple(Arc::new(elements)),
                    origin,
                })
            }
            TSType::TSFunctionType(function) => closure(
                self.type_value(&function.return_type.type_annotation, deeper)?,
                false,
            ),
            TSType::TSImportType(import) => match import.qualifier.as_ref()? {
                TSImportTypeQualifier::Identifier(name) => {
                    self.import_type(import.source.value.as_str(), name.name.as_str())
                }
                TSImportTypeQualifier::QualifiedName(_) => None,
            },
            TSType::TSTypeQuery(query) => match &query.expr_name {
                TSTypeQueryExprName::IdentifierReference(name) => {
                    self.symbol_value(self.symbol_of(&name.reference_id)?)
                }
                TSTypeQueryExprName::QualifiedName(qualified) => {
                    let object = self.named_value(&qualified.left)?;
                    self.member_of(&object, qualified.right.name.as_str())
                }
                _ => None,
            },
            TSType::TSIndexedAccessType(access) => {
                let object = self.type_value(&access.object_type, deeper)?;
                match &access.index_type {
                    TSType::TSLiteralType(literal) => match &literal.literal {
                        oxc_ast::ast::TSLiteral::StringLiteral(name) => {
                            self.member_of(&object, name.value.as_str())
                        }
                        _ => object.element(Some(0)),
                    },
                    TSType::TSNumberKeyword(_) => object.element(Some(0)),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// What `new` makes of a class: its fields, accessors and methods that come from Clerk.
    fn instance(&self, class: &Class<'a>) -> Option<Value> {
        let node = class.node_id();
        if let Some(known) = self.classes.borrow().get(&node) {
            return known.clone();
        }
        // Classes speak of each other: one that is being worked out is none.
        self.classes.borrow_mut().insert(node, None);
        let instance = self.members_of_class(class);
        self.classes.borrow_mut().insert(node, instance.clone());
        instance
    }

    fn members_of_class(&self, class: &Class<'a>) -> Option<Value> {
        let mut names: Vec<String> = Vec::new();
        for element in &class.body.body {
            match element {
                ClassElement::PropertyDefinition(field) if !field.r#static => {
                    names.extend(field.key.static_name().map(std::borrow::Cow::into_owned));
                }
                ClassElement::MethodDefinition(method) if method.kind.is_constructor() => {
                    for parameter in &method.value.params.items {
                        if (parameter.accessibility.is_some() || parameter.readonly)
                            && let BindingPattern::BindingIdentifier(id) = &parameter.pattern
                        {
                            names.push(id.name.as_str().to_owned());
                        }
                    }
                }
                ClassElement::MethodDefinition(method) if !method.r#static => {
                    names.extend(method.key.static_name().map(std::borrow::Cow::into_owned));
                }
                _ => {}
            }
        }
        let members = names
            .into_iter()
            .filter_map(|name| Some((name.clone(), self.member_of_class(class, &name)?)));
        object_of(members.collect())
    }

    /// The value that `a.b` in `typeof a.b.c` names.
    fn named_value(&self, name: &TSTypeName<'a>) -> Option<Value> {
        match name {
            TSTypeName::IdentifierReference(name) => {
                self.symbol_value(self.symbol_of(&name.reference_id)?)
            }
            TSTypeName::QualifiedName(qualified) => {
                let object = self.named_value(&qualified.left)?;
                self.member_of(&object, qualified.right.name.as_str())
            }
            TSTypeName::ThisExpression(_) => None,
        }
    }

    fn named_type(&self, symbol: SymbolId, depth: usize) -> Option<Value> {
        if let Some((specifier, name)) = self.imported(symbol) {
            return self.import_type(specifier, name);
        }
        match self.kind(self.semantic.scoping().symbol_declaration(symbol)) {
            AstKind::TSInterfaceDeclaration(interface) => {
                let own = self.members_of(&interface.body.body, depth);
                let inherited = interface
                    .extends
                    .iter()
                    .find_map(|base| match &base.type_name {
                        TSTypeName::IdentifierReference(name) => {
                            let symbol = self.symbol_of(&name.reference_id)?;
                            (depth <= MAX_TYPE_DEPTH).then(|| self.named_type(symbol, depth + 1))?
                        }
                        _ => None,
                    });
                match (own, inherited) {
                    (Some(own), Some(inherited)) => match (own.ty, inherited.ty) {
                        (Type::Object(own_members), Type::Object(inherited)) => {
                            let members = own_members
                                .iter()
                                .chain(inherited.iter())
                                .cloned()
                                .collect();
                            Some(Value {
                                ty: Type::Object(Arc::new(members)),
                                origin: own.origin,
                            })
                        }
                        (ty, _) => Some(Value {
                            ty,
                            origin: own.origin,
                        }),
                    },
                    (own, inherited) => own.or(inherited),
                }
            }
            AstKind::TSTypeAliasDeclaration(alias) => {
                self.type_value(&alias.type_annotation, depth)
            }
            AstKind::Class(class) => self.instance(class),
            _ => None,
        }
    }

    fn members_of(&self, signatures: &[TSSignature<'a>], depth: usize) -> Option<Value> {
        let mut members = Vec::new();
        for signature in signatures {
            let (key, value) = match signature {
                TSSignature::TSPropertySignature(property) => (
                    &property.key,
                    property
                        .type_annotation
                        .as_ref()
                        .and_then(|ty| self.type_value(&ty.type_annotation, depth)),
                ),
                TSSignature::TSMethodSignature(method) => (
                    &method.key,
                    method
                        .return_type
                        .as_ref()
                        .and_then(|ty| self.type_value(&ty.type_annotation, depth))
                        .and_then(|returns| closure(returns, false)),
                ),
                _ => continue,
            };
            if let (Some(key), Some(value)) = (key.static_name(), value) {
                members.push((key.into_owned(), value));
            }
        }
        object_of(members)
    }

    // What the module gives to others.

    /// Everything that the module exports and that comes from Clerk.
    pub fn exports(&self) -> Exports {
        let mut exports = Exports::default();
        for statement in &self.program().body {
            match statement {
                Statement::ExportDeclaration(export) => {
                    self.export_declaration(&export.declaration, &mut exports)
                }
                Statement::ExportNamedDeclaration(export) => {
                    for specifier in &export.specifiers {
                        let name = export_name(&specifier.exported).to_owned();
                        let symbol = match &specifier.local {
                            ModuleExportName::IdentifierReference(local) => {
                                self.symbol_of(&local.reference_id)
                            }
                            _ => None,
                        };
                        let Some(symbol) = symbol else { continue };
                        insert(&mut exports.values, &name, self.symbol_value(symbol));
                        insert(&mut exports.types, &name, self.named_type(symbol, 0));
                    }
                }
                Statement::ExportFromDeclaration(export) => {
                    let source = export.source.value.as_str();
                    for specifier in &export.specifiers {
                        let (local, name) = (
                            export_name(&specifier.local),
                            export_name(&specifier.exported),
                        );
                        insert(&mut exports.values, name, self.import(source, local));
                        insert(&mut exports.types, name, self.import_type(source, local));
                    }
                }
                Statement::ExportAllDeclaration(export) => {
                    let source = export.source.value.as_str();
                    if let Some(name) = &export.exported {
                        insert(
                            &mut exports.values,
                            export_name(name),
                            self.whole_module(source),
                        );
                    } else if clerk_package(source).is_some() {
                        for name in CORE_1.names(source) {
                            if let Some(value) = self.import(source, name) {
                                exports.values.entry(name.to_owned()).or_insert(value);
                            }
                        }
                        for name in CORE_1.type_names() {
                            if let Some(ty) = self.import_type(source, name) {
                                exports.types.entry(name.to_owned()).or_insert(ty);
                            }
                        }
                    } else if let Some(others) = self.exports_of(source) {
                        for (name, value) in &others.values {
                            exports
                                .values
                                .entry(name.clone())
                                .or_insert_with(|| value.clone());
                        }
                        for (name, value) in &others.types {
                            exports
                                .types
                                .entry(name.clone())
                                .or_insert_with(|| value.clone());
                        }
                    }
                }
                Statement::ExportDefaultDeclaration(export) => {
                    if let ExportDefaultDeclarationKind::ClassDeclaration(class) =
                        &export.declaration
                    {
                        self.export_class(class, "default", &mut exports);
                        continue;
                    }
                    let value = match &export.declaration {
                        ExportDefaultDeclarationKind::FunctionDeclaration(function) => {
                            self.value_of(function.node_id())
                        }
                        ExportDefaultDeclarationKind::ClassDeclaration(_)
                        | ExportDefaultDeclarationKind::TSInterfaceDeclaration(_) => None,
                        declaration => declaration
                            .as_expression()
                            .and_then(|value| self.value(value)),
                    };
                    insert(&mut exports.values, "default", value);
                }
                Statement::ExpressionStatement(statement) => {
                    if let Expression::AssignmentExpression(assignment) = &statement.expression {
                        self.common_js_export(&assignment.left, &assignment.right, &mut exports);
                    }
                }
                _ => {}
            }
        }
        exports
    }

    fn export_declaration(&self, declaration: &Declaration<'a>, exports: &mut Exports) {
        match declaration {
            Declaration::VariableDeclaration(variables) => {
                for variable in &variables.declarations {
                    for id in variable.id.get_binding_identifiers() {
                        insert(
                            &mut exports.values,
                            id.name.as_str(),
                            id.symbol_id
                                .get()
                                .and_then(|symbol| self.symbol_value(symbol)),
                        );
                    }
                }
            }
            Declaration::FunctionDeclaration(function) => {
                if let Some(id) = &function.id {
                    insert(
                        &mut exports.values,
                        id.name.as_str(),
                        self.value_of(function.node_id()),
                    );
                }
            }
            Declaration::ClassDeclaration(class) => {
                if let Some(id) = &class.id {
                    self.export_class(class, id.name.as_str(), exports);
                }
            }
            Declaration::TSInterfaceDeclaration(interface) => {
                let ty = interface
                    .id
                    .symbol_id
                    .get()
                    .and_then(|symbol| self.named_type(symbol, 0));
                insert(&mut exports.types, interface.id.name.as_str(), ty);
            }
            Declaration::TSTypeAliasDeclaration(alias) => {
                insert(
                    &mut exports.types,
                    alias.id.name.as_str(),
                    self.type_value(&alias.type_annotation, 0),
                );
            }
            _ => {}
        }
    }

    /// A class is a function that makes an instance, and the type of the instance.
    fn export_class(&self, class: &Class<'a>, name: &str, exports: &mut Exports) {
        let instance = self.instance(class);
        let constructor = instance
            .clone()
            .and_then(|instance| closure(instance, false));
        insert(&mut exports.values, name, constructor);
        insert(&mut exports.types, name, instance);
    }

    fn common_js_export(
        &self,
        left: &AssignmentTarget<'a>,
        right: &Expression<'a>,
        exports: &mut Exports,
    ) {
        let AssignmentTarget::StaticMemberExpression(member) = left else {
            return;
        };
        let name = member.property.name.as_str();
        match &member.object {
            Expression::Identifier(object) if object.name == "exports" => {
                insert(&mut exports.values, name, self.value(right));
            }
            Expression::Identifier(object) if object.name == "module" && name == "exports" => {
                let Some(value) = self.value(right) else {
                    return;
                };
                if let Type::Object(members) = &value.ty {
                    for (name, value) in members.iter() {
                        insert(&mut exports.values, name, Some(value.clone()));
                    }
                }
                insert(&mut exports.values, "default", Some(value));
            }
            Expression::StaticMemberExpression(inner)
                if inner.property.name == "exports"
                    && matches!(&inner.object, Expression::Identifier(object) if object.name == "module") =>
            {
                insert(&mut exports.values, name, self.value(right));
            }
            _ => {}
        }
    }
}

/// The value as another file sees it.
fn through(value: Value, specifier: &str) -> Value {
    if value.origin.why.contains(" by way of ") {
        return value;
    }
    let origin = Origin {
        package: value.origin.package.clone(),
        confidence: value.origin.confidence,
        why: format!("{} by way of `{specifier}`", value.origin.why),
    };
    Value {
        ty: value.ty,
        origin: Arc::new(origin),
    }
}

fn insert(map: &mut HashMap<String, Value>, name: &str, value: Option<Value>) {
    if let Some(value) = value {
        map.insert(name.to_owned(), value);
    }
}

fn object_of(members: Vec<(String, Value)>) -> Option<Value> {
    let origin = members.first()?.1.origin.clone();
    Some(Value {
        ty: Type::Object(Arc::new(members)),
        origin,
    })
}

fn closure(returns: Value, is_async: bool) -> Option<Value> {
    let returns = if is_async {
        returns.promised()
    } else {
        returns
    };
    let origin = returns.origin.clone();
    Some(Value {
        ty: Type::Closure(Arc::new(returns)),
        origin,
    })
}

/// The object and the name of a member expression.
pub(crate) fn callee_member<'e, 'a>(
    expression: &'e Expression<'a>,
) -> Option<(&'e Expression<'a>, &'e str)> {
    match expression {
        Expression::StaticMemberExpression(member) => Some((
            member.object.get_inner_expression(),
            member.property.name.as_str(),
        )),
        Expression::ComputedMemberExpression(member) => match &member.expression {
            Expression::StringLiteral(name) => {
                Some((member.object.get_inner_expression(), name.value.as_str()))
            }
            _ => None,
        },
        Expression::ChainExpression(chain) => {
            let member = chain.expression.as_member_expression()?;
            Some((
                member.object().get_inner_expression(),
                member.static_property_name()?,
            ))
        }
        _ => None,
    }
}

/// The text of a name in an import or export.
pub(crate) fn export_name<'a>(name: &ModuleExportName<'a>) -> &'a str {
    match name {
        ModuleExportName::IdentifierName(name) => name.name.as_str(),
        ModuleExportName::IdentifierReference(name) => name.name.as_str(),
        ModuleExportName::StringLiteral(name) => name.value.as_str(),
    }
}
