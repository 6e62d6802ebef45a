//! One and the same suite for tower on hyper, axum and actix-web, over real sockets, so that they
//! cannot drift apart. Each application is a process of its own, configured by `CLERK_*` variables,
//! with a Clerk that this process plays.
// Helpers outside of test functions fail their test by panicking.
#![allow(clippy::unwrap_used)]

use std::convert::Infallible;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::SystemTime;

use aws_lc_rs::hmac;
use axum::body::{Body, to_bytes};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use ironclerk::authenticate::ChooseAuthenticator;
use ironclerk::jwt::{self, SignOptions, TokenCategory};
use ironclerk::keys::PrivateKey;
use ironclerk::session::Guard;
use ironclerk::session::SessionAuth;
use ironclerk::webhook::{self, SigningSecret, SigningSecrets, WebhookEvent};
use ironclerk::{Auth, AuthObject, Authenticator, Caller, Has, TokenType};
use serde_json::{Value, json};

/// What the applications answer to whoever they let in.
fn greeting(auth: &Auth) -> String {
    auth.user_id().unwrap_or("nobody").to_owned()
}

/// What the applications answer where machines are welcome.
fn introduction(caller: &Caller) -> String {
    let subject = match caller {
        Caller::Session(session) => session.user_id(),
        Caller::Machine(machine) => machine.subject(),
    };
    format!("{} {subject}", caller.token_type())
}

fn anyone(auth: &AuthObject) -> String {
    auth.caller()
        .map_or_else(|| "nobody".to_owned(), introduction)
}

fn admin() -> Has {
    Has::role("org:admin")
}

struct Administrator;

impl Guard for Administrator {
    fn has() -> Has {
        admin()
    }
}

/// What is accepted under `/machines`.
const ACCEPTED: [TokenType; 2] = [TokenType::SessionToken, TokenType::ApiKey];

/// Requests with this header are for another instance.
const OTHER_INSTANCE: &str = "x-other-instance";

fn by_instance(authenticator: Authenticator) -> impl ChooseAuthenticator + Send + Sync + 'static {
    let key = PrivateKey::generate().unwrap().public_key();
    let other = Authenticator::builder()
        .publishable_key("pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
        .jwt_key(key.to_spki_pem())
        .build()
        .unwrap();
    move |request: &Parts| match request.headers.contains_key(OTHER_INSTANCE) {
        true => other.clone(),
        false => authenticator.clone(),
    }
}

const SECRET: &str = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

fn secrets() -> SigningSecrets {
    SECRET.parse::<SigningSecret>().unwrap().into()
}

/// A Clerk that publishes one key and knows the opaque tokens that end with `_good`. Returns its
/// address, and how often it was asked for its keys.
fn clerk(key: &PrivateKey) -> (SocketAddr, Arc<AtomicUsize>) {
    let jwks = json!({"keys": [key.public_key().to_jwk("ins_1")]}).to_string();
    let fetches = Arc::<AtomicUsize>::default();
    let counter = fetches.clone();
    let router = axum::Router::new().fallback(async move |request: http::Request<Body>| {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, 1 << 20).await.unwrap();
        let is_known = String::from_utf8(body.to_vec())
            .unwrap()
            .contains("_good\"");
        let authorization = parts.headers.get("authorization");
        assert_eq!(authorization.unwrap(), "Bearer sk_live_x");
        let (status, answer) = match parts.uri.path() {
            "/v1/jwks" => {
                counter.fetch_add(1, Ordering::SeqCst);
                (200, jwks)
            }
            path if path.ends_with("/verify") && is_known => {
                let token = json!({"id": "id_1", "subject": "user_7", "scopes": ["read"]});
                (200, token.to_string())
            }
            _ => (
                404,
                json!({"errors": [{"code": "resource_not_found"}]}).to_string(),
            ),
        };
        let status = http::StatusCode::from_u16(status).unwrap();
        (status, [("content-type", "application/json")], answer)
    });
    (serve(router), fetches)
}

/// Each application has `/` for everybody, `/me` for an extractor, `/guarded` for one that asks more,
/// `/members` and `/admin` behind
/// the guard, `/webhook`, and `/forgotten` outside of the middleware. Under `/machines`, where API keys are
/// accepted as well, it has `/caller` for an extractor of either, `/anyone` for everybody, `/user`
/// for users only, and `/keys` and `/admin` behind a guard for API keys.
mod axum_app {
    use super::*;
    use axum::Router;
    use axum::routing::{get, post};
    use ironclerk::axum::{Allowed, SignedIn};
    use ironclerk::tower::{ClerkLayer, RequireAuthLayer};

    pub fn app(authenticator: Authenticator) -> Router {
        let greet = get(async |auth: Auth| greeting(&auth));
        let members = RequireAuthLayer::new().redirect_to("/sign-in").unwrap();
        let keys = RequireAuthLayer::new().accepts_token(TokenType::ApiKey);
        let welcome = get(async |auth: AuthObject| anyone(&auth));
        let clerk = ClerkLayer::new(authenticator.clone());
        let machines = Router::new()
            .route("/caller", get(async |caller: Caller| introduction(&caller)))
            .route("/anyone", welcome.clone())
            .route(
                "/user",
                get(async |SignedIn(session): SignedIn| user(&session)),
            )
            .route("/keys", welcome.clone().layer(keys.clone()))
            .route("/admin", welcome.layer(keys.with(admin())))
            .layer(clerk.accepts_token(ACCEPTED).unwrap());
        Router::new()
            .route("/", greet.clone())
            .route(
                "/me",
                get(async |SignedIn(session): SignedIn| user(&session)),
            )
            .route("/members", greet.clone().layer(members))
            .route(
                "/admin",
                greet.clone().layer(RequireAuthLayer::new().with(admin())),
            )
            .route(
                "/guarded",
                get(async |user: Allowed<Administrator>| user.session.user_id().to_owned()),
            )
            .layer(ClerkLayer::new(by_instance(authenticator)))
            .route("/forgotten", greet)
            .nest("/machines", machines)
            .route(
                "/webhook",
                post(async |event: WebhookEvent| event.event_type),
            )
            .with_state(secrets())
    }

    pub fn user(session: &SessionAuth) -> String {
        session.user_id().to_owned()
    }

    pub fn start(authenticator: Authenticator) -> SocketAddr {
        serve(app(authenticator))
    }
}

/// tower without a framework: a service that looks at the path itself, on hyper.
mod tower_app {
    use super::*;
    use axum::body::Body;
    use http::{Request, Response};
    use ironclerk::RequestState;
    use ironclerk::tower::{ClerkLayer, RequireAuthLayer};
    use tower_layer::Layer;
    use tower_service::Service;

    #[derive(Clone)]
    struct Greet;

    impl Service<Request<Body>> for Greet {
        type Response = Response<Body>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

        fn poll_ready(
            &mut self,
            _: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Result<(), Infallible>> {
            std::task::Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request<Body>) -> Self::Future {
            let path = request.uri().path();
            let state = request.extensions().get::<RequestState>().unwrap();
            let answer = match path.starts_with("/machines/") && path != "/machines/user" {
                false => greeting(&state.auth()),
                true => anyone(&state.auth_object()),
            };
            std::future::ready(Ok(Response::new(Body::from(answer))))
        }
    }

    pub fn start(authenticator: Authenticator) -> SocketAddr {
        let machines = ClerkLayer::new(authenticator.clone());
        let machines = machines.accepts_token(ACCEPTED).unwrap();
        let keys = RequireAuthLayer::new().accepts_token(TokenType::ApiKey);
        let clerk = ClerkLayer::new(by_instance(authenticator));
        let members = RequireAuthLayer::new().redirect_to("/sign-in").unwrap();
        // Without a framework there is no extractor, but a function.
        let receive = async |request: Request<Body>| {
            let (parts, body) = request.into_parts();
            let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
            let secrets = secrets();
            let now = SystemTime::now();
            match webhook::verify(&parts.headers, &body, secrets.as_slice(), now) {
                Ok(event) => (http::StatusCode::OK, event.event_type),
                Err(error) => (http::StatusCode::BAD_REQUEST, error.to_string()),
            }
        };
        // The router of axum only stands in for a server that tells paths apart.
        let app = axum::Router::new()
            .route_service("/", clerk.layer(Greet))
            .route_service("/me", clerk.layer(RequireAuthLayer::new().layer(Greet)))
            .route_service("/members", clerk.layer(members.layer(Greet)))
            .route_service(
                "/admin",
                clerk.layer(RequireAuthLayer::new().with(admin()).layer(Greet)),
            )
            .route_service(
                "/guarded",
                clerk.layer(RequireAuthLayer::new().with(admin()).layer(Greet)),
            )
            .route_service("/forgotten", RequireAuthLayer::new().layer(Greet))
            .route("/webhook", axum::routing::post(receive))
            .route_service(
                "/machines/caller",
                machines.layer(RequireAuthLayer::new().accepts_token(ACCEPTED).layer(Greet)),
            )
            .route_service("/machines/anyone", machines.layer(Greet))
            .route_service(
                "/machines/user",
                machines.layer(RequireAuthLayer::new().layer(Greet)),
            )
            .route_service("/machines/keys", machines.layer(keys.layer(Greet)))
            .route_service(
                "/machines/admin",
                machines.layer(keys.clone().with(admin()).layer(Greet)),
            );
        serve(app)
    }
}

mod actix_app {
    use super::*;
    use actix_web::{App, HttpServer, web};
    use ironclerk::actix::{Allowed, ClerkMiddleware, RequireAuth, SignedIn};

    async fn greet(auth: Auth) -> String {
        greeting(&auth)
    }

    async fn guarded(user: Allowed<Administrator>) -> String {
        user.session.user_id().to_owned()
    }

    async fn me(SignedIn(session): SignedIn) -> String {
        session.user_id().to_owned()
    }

    async fn introduce(caller: Caller) -> String {
        introduction(&caller)
    }

    async fn welcome(auth: AuthObject) -> String {
        anyone(&auth)
    }

    async fn receive(event: WebhookEvent) -> String {
        event.event_type
    }

    pub fn start(authenticator: Authenticator) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let chosen = by_instance(authenticator.clone());
        std::thread::spawn(move || {
            let server = HttpServer::new(move || {
                let members = RequireAuth::new().redirect_to("/sign-in").unwrap();
                let admins = RequireAuth::new().with(admin());
                let machines = ClerkMiddleware::new(authenticator.clone());
                let machines = machines.accepts_token(ACCEPTED).unwrap();
                let keys = || RequireAuth::new().accepts_token(TokenType::ApiKey);
                App::new()
                    .app_data(web::Data::new(secrets()))
                    .route("/forgotten", web::get().to(greet))
                    .route("/webhook", web::post().to(receive))
                    .service(
                        web::scope("/machines")
                            .wrap(machines)
                            .route("/caller", web::get().to(introduce))
                            .route("/anyone", web::get().to(welcome))
                            .route("/user", web::get().to(me))
                            .service(web::resource("/keys").wrap(keys()).to(welcome))
                            .service(
                                web::resource("/admin")
                                    .wrap(keys().with(admin()))
                                    .to(welcome),
                            ),
                    )
                    .service(
                        web::scope("")
                            .wrap(ClerkMiddleware::new(chosen.clone()))
                            .route("/", web::get().to(greet))
                            .route("/me", web::get().to(me))
                            .route("/guarded", web::get().to(guarded))
                            .service(web::resource("/members").wrap(members).to(greet))
                            .service(web::resource("/admin").wrap(admins).to(greet)),
                    )
            });
            let server = server
                .workers(1)
                .disable_signals()
                .listen(listener)
                .unwrap();
            actix_web::rt::System::new().block_on(server.run()).unwrap();
        });
        address
    }
}

/// Serves a router on a thread of its own.
fn serve(app: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await.unwrap();
        });
    });
    address
}

struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }
}

fn get(address: SocketAddr, path: &str, headers: &[(&str, &str)]) -> Answer {
    ask(address, "GET", path, headers, "")
}

fn ask(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n");
    for (name, value) in headers {
        request.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    write!(stream, "{request}\r\n{body}").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let (head, body) = response.split_once("\r\n\r\n").unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer {
        status,
        head: head.to_owned(),
        body: body.to_owned(),
    }
}

fn webhooks(address: SocketAddr) {
    let body = r#"{"type":"user.created","object":"event","data":{"id":"user_1"}}"#;
    let seconds = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap();
    let timestamp = seconds.as_secs().to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"0123456789abcdef0123456789abcdef");
    let signature = hmac::sign(&key, format!("msg_1.{timestamp}.{body}").as_bytes());
    let signature = format!("v1,{}", STANDARD.encode(signature));
    for (prefix, signature, body, status, answer) in [
        ("svix", signature.as_str(), body, 200, "user.created"),
        ("webhook", &signature, body, 200, "user.created"),
        (
            "svix",
            &signature,
            &body.replace("user_1", "user_2"),
            400,
            "No matching signature",
        ),
        ("svix", "v1,AAAA", body, 400, "No matching signature"),
        (
            "x",
            &signature,
            body,
            400,
            "Missing required webhook headers",
        ),
    ] {
        let [id, time, sign] =
            ["id", "timestamp", "signature"].map(|name| format!("{prefix}-{name}"));
        let headers = [
            (id.as_str(), "msg_1"),
            (&time, &timestamp),
            (&sign, signature),
            ("Content-Type", "application/json"),
        ];
        let found = ask(address, "POST", "/webhook", &headers, body);
        assert_eq!(found.status, status, "{prefix}: {}", found.body);
        assert!(found.body.contains(answer), "{prefix}: {}", found.body);
    }
}

fn token(key: &PrivateKey, role: Option<&str>) -> String {
    let now = SystemTime::now();
    let seconds = now
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs();
    let mut claims = json!({"sub": "user_1", "sid": "sess_1", "exp": seconds + 60, "v": 2});
    if let Some(role) = role {
        claims["o"] = json!({"id": "org_1", "slg": "acme", "rol": role});
    }
    jwt::sign(
        &claims,
        key,
        &SignOptions::new("ins_1", TokenCategory::Session),
        now,
    )
    .unwrap()
}

/// An application in a process of its own, configured by its environment.
struct Application {
    process: Child,
    address: SocketAddr,
}

/// Names the framework to the process of an application.
const FRAMEWORK: &str = "IRONCLERK_TEST_FRAMEWORK";
const ADDRESS: &str = "address ";

impl Application {
    fn start(framework: &str, clerk: SocketAddr) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "application", "--nocapture"])
            .env(FRAMEWORK, framework)
            .env("CLERK_PUBLISHABLE_KEY", "pk_live_Y2xlcmsuZXhhbXBsZS5jb20k")
            .env("CLERK_SECRET_KEY", "sk_live_x")
            .env("CLERK_API_URL", format!("http://{clerk}"))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = output.lines().map(Result::unwrap);
        // The test runner writes before and, without a line end, beside it.
        let address = lines.find_map(|line| Some(line.split_once(ADDRESS)?.1.parse().unwrap()));
        Self {
            address: address.unwrap(),
            process,
        }
    }
}

impl Drop for Application {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Not a test: what the processes of applications run.
#[test]
#[ignore = "is started by the other tests"]
fn application() {
    let start = match std::env::var(FRAMEWORK).as_deref() {
        Ok("axum") => axum_app::start,
        Ok("tower") => tower_app::start,
        Ok("actix") => actix_app::start,
        _ => return,
    };
    println!("{ADDRESS}{}", start(Authenticator::from_env().unwrap()));
    loop {
        std::thread::park();
    }
}

fn run_suite(framework: &str) {
    let key = PrivateKey::generate().unwrap();
    let (clerk, key_fetches) = clerk(&key);
    let application = Application::start(framework, clerk);
    let address = application.address;
    let member = format!("Bearer {}", token(&key, Some("member")));
    let admin = format!("Bearer {}", token(&key, Some("admin")));
    let forged = format!(
        "Bearer {}",
        token(&PrivateKey::generate().unwrap(), Some("admin"))
    );
    let page = ("Sec-Fetch-Dest", "document");

    for (path, headers, status, body) in [
        ("/", vec![], 200, "nobody"),
        ("/", vec![("Authorization", member.as_str())], 200, "user_1"),
        ("/", vec![("Authorization", forged.as_str())], 200, "nobody"),
        (
            "/",
            vec![("Authorization", "Bearer nonsense")],
            200,
            "nobody",
        ),
        ("/", vec![("Authorization", "Basic dTpw")], 200, "nobody"),
        (
            "/me",
            vec![("Authorization", member.as_str())],
            200,
            "user_1",
        ),
        ("/me", vec![], 401, ""),
        ("/me", vec![("Authorization", forged.as_str())], 401, ""),
        (
            "/members",
            vec![("Authorization", member.as_str())],
            200,
            "user_1",
        ),
        ("/members", vec![], 401, ""),
        ("/members", vec![page], 302, ""),
        ("/members", vec![("Accept", "text/html,*/*")], 302, ""),
        (
            "/members",
            vec![("Sec-Fetch-Dest", "empty"), ("Accept", "text/html")],
            401,
            "",
        ),
        (
            "/admin",
            vec![("Authorization", admin.as_str())],
            200,
            "user_1",
        ),
        ("/admin", vec![("Authorization", member.as_str())], 403, ""),
        ("/admin", vec![page], 401, ""),
        (
            "/guarded",
            vec![("Authorization", admin.as_str())],
            200,
            "user_1",
        ),
        (
            "/guarded",
            vec![("Authorization", member.as_str())],
            403,
            "",
        ),
        ("/guarded", vec![], 401, ""),
        (
            "/forgotten",
            vec![("Authorization", admin.as_str())],
            500,
            "",
        ),
    ] {
        let answer = get(address, path, &headers);
        assert_eq!(answer.status, status, "{path} {headers:?}: {}", answer.body);
        match status {
            200 => assert_eq!(answer.body, body, "{path} {headers:?}"),
            302 => assert_eq!(answer.header("location"), Some("/sign-in")),
            401 | 403 => {
                assert_eq!(answer.header("content-type"), Some("application/json"));
                let body: Value = serde_json::from_str(&answer.body).unwrap();
                let code = match status {
                    401 => "authentication_invalid",
                    _ => "authorization_invalid",
                };
                assert_eq!(body["errors"][0]["code"], code);
            }
            _ => assert!(answer.body.contains("ClerkLayer"), "{}", answer.body),
        }
        // Whoever is signed out is told why, whatever the handler answers.
        let is_signed_out = matches!(status, 302 | 401) || answer.body == "nobody";
        let expected = is_signed_out.then_some("signed-out");
        assert_eq!(
            answer.header("x-clerk-auth-status"),
            expected,
            "{path} {headers:?}"
        );
        assert_eq!(
            answer.header("x-clerk-auth-reason").is_some(),
            is_signed_out
        );
    }

    let other = [("Authorization", member.as_str()), (OTHER_INSTANCE, "1")];
    let answer = get(address, "/", &other);
    assert_eq!(
        answer.header("x-clerk-auth-reason"),
        Some("token-invalid-signature")
    );
    webhooks(address);

    let session = ("Authorization", member.as_str());
    let api_key = ("Authorization", "Bearer ak_good");
    let unknown_key = ("Authorization", "Bearer ak_else");
    let other_type = ("Authorization", "Bearer mt_good");
    let of_machine = json!({"sub": "mch_1", "exp": u32::MAX});
    let of_machine = jwt::sign(
        &of_machine,
        &key,
        &SignOptions::default(),
        SystemTime::now(),
    )
    .unwrap();
    let of_machine = format!("Bearer {of_machine}");
    let jwt_of_machine = ("Authorization", of_machine.as_str());
    let mismatch = "token-type-mismatch";
    for (path, header, status, body, reason) in [
        ("caller", session, 200, "session_token user_1", ""),
        ("caller", api_key, 200, "api_key user_7", ""),
        ("caller", unknown_key, 401, "", "token-invalid"),
        ("caller", other_type, 401, "", mismatch),
        ("caller", jwt_of_machine, 401, "", mismatch),
        ("caller", page, 401, "", "session-token-and-uat-missing"),
        ("anyone", session, 200, "session_token user_1", ""),
        ("anyone", api_key, 200, "api_key user_7", ""),
        ("anyone", unknown_key, 200, "nobody", "token-invalid"),
        ("anyone", other_type, 200, "nobody", mismatch),
        ("user", session, 200, "user_1", ""),
        ("user", api_key, 401, "", ""),
        ("keys", api_key, 200, "api_key user_7", ""),
        ("keys", session, 401, "", ""),
        ("keys", unknown_key, 401, "", "token-invalid"),
        ("admin", api_key, 403, "", ""),
        // Where only sessions are accepted an API key is nothing.
        ("../me", api_key, 401, "", "token-invalid"),
        ("../me", jwt_of_machine, 401, "", mismatch),
    ] {
        let path = match path.strip_prefix("..") {
            Some(path) => path.to_owned(),
            None => format!("/machines/{path}"),
        };
        let answer = get(address, &path, &[header]);
        assert_eq!(answer.status, status, "{path} {header:?}: {}", answer.body);
        if status == 200 {
            assert_eq!(answer.body, body, "{path} {header:?}");
        } else {
            let body: Value = serde_json::from_str(&answer.body).unwrap();
            let code = match status {
                401 => "authentication_invalid",
                _ => "authorization_invalid",
            };
            assert_eq!(body["errors"][0]["code"], code, "{path} {header:?}");
        }
        let found = answer.header("x-clerk-auth-reason").unwrap_or_default();
        assert_eq!(found, reason, "{path} {header:?}");
    }

    // Browsers whose cookies say that somebody is signed in, but not who.
    let known = ("Cookie", "__client_uat=1");
    for path in ["/", "/me", "/members", "/admin"] {
        let answer = get(address, &format!("{path}?a=b"), &[page, known]);
        assert_eq!(answer.status, 307, "{path}");
        let location = answer.header("location").unwrap();
        let start = "https://clerk.example.com/v1/client/handshake?redirect_url=http%3A%2F%2Fapp.example.com%2F";
        assert!(location.starts_with(start), "{location}");
        assert_eq!(answer.header("x-clerk-auth-status"), Some("handshake"));
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let counter = "__clerk_redirect_count=1; SameSite=Lax; HttpOnly; Max-Age=2";
        assert_eq!(answer.header("set-cookie"), Some(counter));
        assert_eq!(answer.body, "");
    }
    let circling = ("Cookie", "__client_uat=1; __clerk_redirect_count=3");
    assert_eq!(get(address, "/", &[page, circling]).body, "nobody");
    assert_eq!(get(address, "/", &[known]).body, "nobody");
    assert_eq!(get(address, "/me", &[known]).status, 401);

    let session = token(&key, Some("admin"));
    let cookies = format!("__client_uat=1; __session={session}");
    assert_eq!(
        get(address, "/admin", &[page, ("Cookie", &cookies)]).body,
        "user_1"
    );

    // What the Frontend API says on the way back becomes the browser's cookies.
    let now = SystemTime::now();
    let directive = format!("__session={session}; Path=/; Secure");
    let handshake = json!({"handshake": [directive, "__client_uat=1; Path=/"]});
    let options = SignOptions::new("ins_1", TokenCategory::Session);
    let handshake = jwt::sign(&handshake, &key, &options, now).unwrap();
    let cookies = format!("__clerk_handshake={handshake}");
    let answer = get(address, "/me", &[page, ("Cookie", &cookies)]);
    assert_eq!((answer.status, answer.body.as_str()), (200, "user_1"));
    let set: Vec<_> = answer
        .head
        .lines()
        .filter(|line| line.to_lowercase().starts_with("set-cookie"))
        .collect();
    assert_eq!(set.len(), 2, "{set:?}");
    assert_eq!(key_fetches.load(Ordering::SeqCst), 1);
}

#[test]
fn axum() {
    run_suite("axum");
}

#[test]
fn tower() {
    run_suite("tower");
}

#[test]
fn actix() {
    run_suite("actix");
}
