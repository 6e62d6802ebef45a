//! The macros in which resources and endpoints are declared.

/// Declares the endpoints of a resource: for each a request struct, its [`Endpoint`]
/// implementation, its method in a client, and an entry in the module's `ENDPOINTS`.
///
/// Fields named in the path are path parameters; the others go into the query of `GET` and
/// `DELETE`, into the JSON body of the rest. `?paginated` marks a list that answers a page only
/// when asked with `paginated=true`; `?query(field)` puts a field into the query all the same.
/// `?no_content` and `?accepted` say that a success has no body, and the status 204 or 202;
/// `?created` that it has the status 201.
///
/// `as Users::get(user_id: UserId) = "getUser"` names the method: its namespace, its name, either
/// `request` or the fields that it takes in place of one, and its names in JavaScript.
///
/// [`Endpoint`]: crate::Endpoint
macro_rules! endpoints {
    ($(
        $(#[$meta:meta])*
        $method:ident $path:literal $(? $flag:ident $(($($in_query:ident),*))?)? => $response:ty,
        $(as $namespace:ident::$call:ident($($argument:tt)*) $(= $($javascript:literal),+)?,)?
        struct $name:ident { $($fields:tt)* }
    )*) => {
        $(
            parameters! {
                $(#[$meta])*
                $($(
                    ///
                    #[doc = concat!(
                        $("JavaScript: `", javascript_name!($namespace), ".", $javascript, "`. ",)+
                    )]
                    $(#[doc(alias = $javascript)])+
                )?)?
                struct $name { $($fields)* }
            }

            impl crate::Endpoint for $name {
                type Response = $response;
                const INFO: crate::EndpointInfo = crate::EndpointInfo {
                    name: stringify!($name),
                    method: http::Method::$method,
                    path: $path,
                    parameters: <$name as crate::endpoint::Parameters>::names,
                    in_query: &[$($($(stringify!($in_query)),*)?)?],
                    body: <$name as crate::endpoint::Parameters>::BODY,
                    paginated_on_request: endpoints!(@is_paginated $($flag)?),
                    status: endpoints!(@status $($flag)?),
                    call: endpoints!(@call $($namespace $call [$($($javascript)+)?])?),
                };
            }

            endpoints! {
                @method [$(#[$meta])*] $name
                $($namespace $call [$($($javascript)+)?] ($($argument)*))?
            }
        )*

        /// The operations of this module.
        pub const ENDPOINTS: &[crate::EndpointInfo] = &[$(<$name as crate::Endpoint>::INFO),*];

        /// Shows each operation of this module to a visitor.
        pub fn visit(visitor: &mut impl crate::endpoint::Visitor) {
            $( visitor.endpoint::<$name>(); )*
        }
    };
    (@is_paginated paginated) => { true };
    (@is_paginated $($flag:ident)?) => { false };
    (@status created) => { http::StatusCode::CREATED };
    (@status accepted) => { http::StatusCode::ACCEPTED };
    (@status no_content) => { http::StatusCode::NO_CONTENT };
    (@status $($flag:ident)?) => { http::StatusCode::OK };
    (@call) => { None };
    (@call $namespace:ident $call:ident [$($javascript:literal)*]) => {
        Some(crate::namespaces::MethodName {
            namespace: crate::namespaces::$namespace::<()>::NAMESPACE,
            name: stringify!($call),
            javascript: &[$($javascript),*],
        })
    };
    (@method [$($meta:tt)*] $name:ident) => {};
    (
        @method [$($meta:tt)*] $name:ident
        $namespace:ident $call:ident [$($javascript:literal)*] (request)
    ) => {
        impl<'caller, C: crate::namespaces::Caller> crate::namespaces::$namespace<'caller, C> {
            $($meta)*
            ///
            #[doc = endpoints!(@method_doc $name $namespace $($javascript)*)]
            pub fn $call(&self, request: &$name) -> C::Call<'caller, $name> {
                self.0.call(request)
            }
        }
    };
    (
        @method [$($meta:tt)*] $name:ident
        $namespace:ident $call:ident [$($javascript:literal)*] ($($field:ident: $type:ty),*)
    ) => {
        impl<'caller, C: crate::namespaces::Caller> crate::namespaces::$namespace<'caller, C> {
            $($meta)*
            ///
            #[doc = endpoints!(@method_doc $name $namespace $($javascript)*)]
            pub fn $call(&self, $($field: impl Into<$type>),*) -> C::Call<'caller, $name> {
                #[allow(clippy::needless_update)]
                self.0.call(&$name { $($field: $field.into(),)* ..Default::default() })
            }
        }
    };
    (@method_doc $name:ident $namespace:ident $($javascript:literal)*) => {
        concat!(
            $("JavaScript: `", javascript_name!($namespace), ".", $javascript, "`. ",)*
            "Sends [`", stringify!($name), "`]."
        )
    };
}

/// Declares a struct of parameters: a request, or a group of fields that several requests share.
macro_rules! parameters {
    (
        $(#[$meta:meta])*
        struct $name:ident { $( $(#[$field_meta:meta])* $field:ident: $type:ty, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, Default, PartialEq)]
        pub struct $name { $( $(#[$field_meta])* pub $field: $type, )* }

        impl crate::endpoint::Parameters for $name {
            const BODY: crate::endpoint::BodyKind = crate::endpoint::BodyKind::Object
                $(.or(<$type as crate::endpoint::Parameter>::BODY))*;

            fn names() -> Vec<&'static str> {
                #[allow(unused_mut)]
                let mut names = Vec::new();
                $( <$type as crate::endpoint::Parameter>::name(crate::endpoint::wire_name(stringify!($field)), &mut names); )*
                names
            }

            #[allow(unused_variables)]
            fn put(&self, into: &mut crate::endpoint::Outgoing) -> Result<(), serde_json::Error> {
                $( crate::endpoint::Parameter::put(&self.$field, crate::endpoint::wire_name(stringify!($field)), into)?; )*
                Ok(())
            }

            #[allow(unused_variables)]
            fn take(from: &mut crate::decode::Source<'_>) -> Result<Self, crate::decode::ParameterError> {
                Ok(Self {
                    $( $field: crate::endpoint::Parameter::take(crate::endpoint::wire_name(stringify!($field)), from)?, )*
                })
            }
        }
    };
}

/// Declares a resource object: its `object` tag if it has one, its fields, and a map for the
/// fields that Clerk adds after us. An id that comes first in an object with a tag must be there;
/// any other field that is missing or null takes its default value.
macro_rules! resource {
    (
        $(#[$meta:meta])*
        struct $name:ident $tag:literal {
            $(#[$id_meta:meta])*
            id: $id:ty,
            $($fields:tt)*
        }
    ) => {
        resource! {
            @object [$(#[$meta])*] $name $tag
            [
                $(#[$id_meta])*
                pub id: $id,
            ]
            { $($fields)* }
        }
    };
    ($(#[$meta:meta])* struct $name:ident $tag:literal { $($fields:tt)* }) => {
        resource! { @object [$(#[$meta])*] $name $tag [] { $($fields)* } }
    };
    ($(#[$meta:meta])* struct $name:ident { $($fields:tt)* }) => {
        resource! { @fields [$(#[$meta])*] $name [] { $($fields)* } }
    };
    (
        @object [$($meta:tt)*] $name:ident $tag:literal [$($id:tt)*] { $($fields:tt)* }
    ) => {
        resource! {
            @fields [$($meta)*] $name
            [
                $($id)*
                /// The kind of object, as the wire names it.
                #[serde(default)]
                pub object: crate::value::ObjectTag<$name>,
            ]
            { $($fields)* }
        }

        impl crate::value::Tagged for $name {
            const OBJECT: &'static str = $tag;
        }
    };
    (
        @fields [$($meta:tt)*] $name:ident [$($first:tt)*]
        { $( $(#[$field_meta:meta])* $field:ident: $type:ty, )* }
    ) => {
        $($meta)*
        #[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $name {
            $($first)*
            $(
                $(#[$field_meta])*
                #[serde(default, deserialize_with = "crate::value::or_default")]
                pub $field: $type,
            )*
            /// Fields that this version of the contract does not know, kept as they came.
            #[serde(flatten)]
            pub other: crate::Metadata,
        }
    };
}

/// Declares an enum of wire strings that stays open: an unknown string is kept as `Other`.
macro_rules! open_enum {
    (
        $(#[$meta:meta])*
        enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$variant_meta])* $variant, )*
            /// A value that this version of the contract does not know.
            Other(String),
        }

        impl $name {
            /// The values that the contract knows.
            pub const KNOWN: &'static [&'static str] = &[$($text),*];

            /// The value as the wire has it.
            pub fn as_str(&self) -> &str {
                match self {
                    $( Self::$variant => $text, )*
                    Self::Other(text) => text,
                }
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                match text.as_str() {
                    $( $text => Self::$variant, )*
                    _ => Self::Other(text),
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.as_str().to_owned()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }

        crate::endpoint::json_parameter!($name);
    };
}

/// Declares the fields that a list can be sorted by, for use as `Option<Sort<…>>`.
macro_rules! sort_keys {
    (
        $(#[$meta:meta])*
        enum $name:ident { $( $(#[$variant_meta:meta])* $variant:ident = $text:literal, )* }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $( $(#[$variant_meta])* $variant, )* }

        impl crate::value::SortKey for $name {
            const ALL: &'static [(&'static str, Self)] = &[$(($text, Self::$variant)),*];
        }
    };
}
