// What the Clerk packages of Core 1 give a program, as far as rules ask for it: the engine reads this file.
// A module's type exports are the interfaces below by their names. `Component` marks a React component.

// Backend: the client and its resources.

interface BackendClient {
  users: UserAPI;
  organizations: OrganizationAPI;
  invitations: InvitationAPI;
  sessions: SessionAPI;
  clients: ClientAPI;
  allowlistIdentifiers: AllowlistIdentifierAPI;
  redirectUrls: RedirectUrlAPI;
  emails: EmailAPI;
  smsMessages: SMSMessageAPI;
  emailAddresses: EmailAddressAPI;
  phoneNumbers: PhoneNumberAPI;
  domains: DomainAPI;
  interstitial: InterstitialAPI;
  signInTokens: SignInTokenAPI;
  __unstable_options: UnstableOptions;
  authenticateRequest(options: AuthenticateRequestOptions): Promise<RequestState>;
  verifyToken(token: string, options: VerifyTokenOptions): Promise<JwtPayload>;
  localInterstitial(options: unknown): string;
  remotePublicInterstitial(options: unknown): Promise<string>;
  remotePublicInterstitialUrl(options: unknown): string;
  remotePrivateInterstitial(): Promise<string>;
  debugRequestState(state: RequestState): unknown;
  expressWithAuth(options: ClerkMiddlewareOptions): unknown;
  expressRequireAuth(options: ClerkMiddlewareOptions): unknown;
}
type ClerkClient = BackendClient;
type ClerkBackendAPI = BackendClient;

interface UserAPI {
  getUserList(params: unknown): Promise<User[]>;
  getUser(userId: string): Promise<User>;
  createUser(params: unknown): Promise<User>;
  updateUser(userId: string, params: unknown): Promise<User>;
  updateUserProfileImage(userId: string, params: unknown): Promise<User>;
  updateUserMetadata(userId: string, params: unknown): Promise<User>;
  deleteUser(userId: string): Promise<User>;
  getUserOauthAccessToken(userId: string, provider: string): Promise<OauthAccessToken[]>;
  disableUserMFA(userId: string): Promise<User>;
  banUser(userId: string): Promise<User>;
  unbanUser(userId: string): Promise<User>;
  getOrganizationMembershipList(params: unknown): Promise<OrganizationMembership[]>;
}

interface OrganizationAPI {
  getOrganizationList(params: unknown): Promise<Organization[]>;
  createOrganization(params: unknown): Promise<Organization>;
  getOrganization(params: unknown): Promise<Organization>;
  updateOrganization(id: string, params: unknown): Promise<Organization>;
  updateOrganizationLogo(id: string, params: unknown): Promise<Organization>;
  deleteOrganizationLogo(id: string): Promise<Organization>;
  updateOrganizationMetadata(id: string, params: unknown): Promise<Organization>;
  deleteOrganization(id: string): Promise<Organization>;
  getOrganizationMembershipList(params: unknown): Promise<OrganizationMembership[]>;
  createOrganizationMembership(params: unknown): Promise<OrganizationMembership>;
  updateOrganizationMembership(params: unknown): Promise<OrganizationMembership>;
  updateOrganizationMembershipMetadata(params: unknown): Promise<OrganizationMembership>;
  deleteOrganizationMembership(params: unknown): Promise<OrganizationMembership>;
  getOrganizationInvitationList(params: unknown): Promise<OrganizationInvitation[]>;
  getPendingOrganizationInvitationList(params: unknown): Promise<OrganizationInvitation[]>;
  createOrganizationInvitation(params: unknown): Promise<OrganizationInvitation>;
  getOrganizationInvitation(params: unknown): Promise<OrganizationInvitation>;
  revokeOrganizationInvitation(params: unknown): Promise<OrganizationInvitation>;
}

interface InvitationAPI {
  getInvitationList(params: unknown): Promise<Invitation[]>;
  createInvitation(params: unknown): Promise<Invitation>;
  revokeInvitation(id: string): Promise<Invitation>;
}
interface SessionAPI {
  getSessionList(params: unknown): Promise<Session[]>;
  getSession(id: string): Promise<Session>;
  revokeSession(id: string): Promise<Session>;
  verifySession(id: string, token: string): Promise<Session>;
}
interface ClientAPI {
  getClientList(): Promise<Client[]>;
  getClient(id: string): Promise<Client>;
  verifyClient(token: string): Promise<Client>;
}
interface AllowlistIdentifierAPI {
  getAllowlistIdentifierList(): Promise<AllowlistIdentifier[]>;
}
interface RedirectUrlAPI {
  getRedirectUrlList(): Promise<RedirectUrl[]>;
}
interface EmailAPI {
  createEmail(params: unknown): Promise<unknown>;
}
interface SMSMessageAPI {
  createSMSMessage(params: unknown): Promise<unknown>;
}
interface EmailAddressAPI {}
interface PhoneNumberAPI {}
interface DomainAPI {}
interface InterstitialAPI {}
interface SignInTokenAPI {}
interface UnstableOptions {}

interface User {
  profileImageUrl: string;
  imageUrl: string;
  gender: string;
  birthday: string;
  externalAccounts: ExternalAccount[];
  emailAddresses: EmailAddress[];
}
interface Organization {
  logoUrl: string;
  imageUrl: string;
  members_count: number;
}
interface ExternalAccount {
  picture: string;
  imageUrl: string;
}
interface OrganizationMembership {
  organization: Organization;
  role: MembershipRole;
  publicUserData: OrganizationMembershipPublicUserData;
}
interface OrganizationMembershipPublicUserData {
  profileImageUrl: string;
  imageUrl: string;
}
interface OrganizationInvitation {
  role: MembershipRole;
}
// A text; its values changed.
interface MembershipRole {}
interface Invitation {}
interface Session {}
interface Client {
  sessions: Session[];
}
interface AllowlistIdentifier {}
interface RedirectUrl {}
interface OauthAccessToken {}
interface EmailAddress {}
interface PhoneNumber {}
interface Token {}
interface SignInToken {}
interface SMSMessage {}

// Authentication.

interface AuthenticateRequestOptions {}
interface VerifyTokenOptions {}
interface VerifyJwtOptions {}
interface ClerkMiddlewareOptions {}
interface ClerkOptions {}
interface RequestState {
  isSignedIn: boolean;
  isInterstitial: boolean;
  isUnknown: boolean;
  toAuth(): AuthObject;
}
interface AuthObject {
  sessionClaims: JwtPayload;
  orgRole: MembershipRole;
  session: Session;
  user: User;
  organization: Organization;
}
type SignedInAuthObject = AuthObject;
type SignedOutAuthObject = AuthObject;
interface LegacyAuthObject {
  claims: JwtPayload;
  sessionClaims: JwtPayload;
  orgRole: MembershipRole;
}
interface LooseAuthProp {
  auth: LegacyAuthObject;
}
interface StrictAuthProp {
  auth: LegacyAuthObject;
}
// Their type parameter is the framework's request.
type WithAuthProp = LooseAuthProp;
type RequireAuthProp = StrictAuthProp;
interface JwtPayload {
  orgs: unknown;
  org_id: string;
  org_role: MembershipRole;
}
type SessionClaims = JwtPayload;
type ClerkJWTClaims = JwtPayload;
interface Jwt {
  payload: JwtPayload;
}
type DecodedJwt = Jwt;

// Webhooks: JSON as it is sent.

interface WebhookEvent {
  data: WebhookData;
  type: string;
}
interface UserWebhookEvent {
  data: UserJSON;
}
interface OrganizationWebhookEvent {
  data: OrganizationJSON;
}
interface OrganizationMembershipWebhookEvent {
  data: OrganizationMembershipJSON;
}
// Which of the objects it is depends on the event type; no two of the names clash.
interface WebhookData {
  data: WebhookData;
  profile_image_url: string;
  logo_url: string;
  external_accounts: ExternalAccountJSON[];
  public_user_data: OrganizationMembershipPublicUserDataJSON;
  organization: OrganizationJSON;
}
interface UserJSON {
  profile_image_url: string;
  external_accounts: ExternalAccountJSON[];
  organization_memberships: OrganizationMembershipJSON[];
}
interface ExternalAccountJSON {
  avatar_url: string;
}
interface OrganizationJSON {
  logo_url: string;
}
interface OrganizationMembershipJSON {
  role: MembershipRole;
  organization: OrganizationJSON;
  public_user_data: OrganizationMembershipPublicUserDataJSON;
}
interface OrganizationMembershipPublicUserDataJSON {
  profile_image_url: string;
}
type PublicUserDataJSON = OrganizationMembershipPublicUserDataJSON;

// Frontend resources.

interface UserResource {
  primaryEmailAddress: EmailAddressResource;
  emailAddresses: EmailAddressResource[];
  createEmailAddress(params: unknown): Promise<EmailAddressResource>;
  profileImageUrl: string;
  imageUrl: string;
  externalAccounts: ExternalAccountResource[];
  verifiedExternalAccounts: ExternalAccountResource[];
  unverifiedExternalAccounts: ExternalAccountResource[];
  organizationMemberships: OrganizationMembershipResource[];
  update(params: UpdateUserParams): Promise<UserResource>;
  createExternalAccount(params: unknown): Promise<ExternalAccountResource>;
  getOrganizationMemberships(params: unknown): Promise<OrganizationMembershipResource[]>;
  getOrganizationInvitations(params: unknown): Promise<Page<UserOrganizationInvitationResource>>;
  getOrganizationSuggestions(params: unknown): Promise<Page<OrganizationSuggestionResource>>;
  getSessions(): Promise<SessionResource[]>;
}
interface UpdateUserParams {}
interface ExternalAccountResource {
  picture: string;
  avatarUrl: string;
  imageUrl: string;
}
interface OrganizationResource {
  logoUrl: string;
  imageUrl: string;
  members_count: number;
  membersCount: number;
  getRoles(params: unknown): Promise<Page<unknown>>;
  getMemberships(params: unknown): Promise<OrganizationMembershipResource[]>;
  getDomains(params: unknown): Promise<Page<unknown>>;
  getInvitations(params: unknown): Promise<Page<OrganizationInvitationResource>>;
  getPendingInvitations(params: unknown): Promise<OrganizationInvitationResource[]>;
  getMembershipRequests(params: unknown): Promise<Page<OrganizationMembershipRequestResource>>;
}
interface OrganizationMembershipResource {
  role: MembershipRole;
  organization: OrganizationResource;
  publicUserData: PublicUserData;
}
interface OrganizationMembershipRequestResource {
  publicUserData: PublicUserData;
}
interface OrganizationInvitationResource {
  role: MembershipRole;
}
interface UserOrganizationInvitationResource {}
interface OrganizationSuggestionResource {}
interface PublicUserData {
  profileImageUrl: string;
  imageUrl: string;
}
// The engine knows its `data`.
interface Page {}
interface SessionResource {
  user: UserResource;
  publicUserData: PublicUserData;
  actor: unknown;
}
interface ActiveSessionResource extends SessionResource {}
interface ClientResource {
  sessions: SessionResource[];
  activeSessions: ActiveSessionResource[];
  signIn: SignInResource;
  signUp: SignUpResource;
}
interface SignInResource {
  createMagicLinkFlow(): MagicLinkFlow;
  createEmailLinkFlow(): MagicLinkFlow;
  supported_external_accounts: unknown;
  userData: PublicUserData;
}
interface SignUpResource {
  createMagicLinkFlow(): MagicLinkFlow;
  createEmailLinkFlow(): MagicLinkFlow;
  supported_external_accounts: unknown;
  attemptWeb3WalletVerification(params: unknown): Promise<SignUpResource>;
}
interface EmailAddressResource {
  createMagicLinkFlow(): MagicLinkFlow;
  createEmailLinkFlow(): MagicLinkFlow;
}
interface MagicLinkFlow {
  startMagicLinkFlow(params: unknown): Promise<unknown>;
  cancelMagicLinkFlow(): void;
}

interface BrowserClerkInstance {
  user: UserResource;
  organization: OrganizationResource;
  session: ActiveSessionResource;
  client: ClientResource;
  isReady(): boolean;
  loaded: boolean;
  load(options: unknown): Promise<unknown>;
  openSignIn(options: unknown): void;
  openSignUp(options: unknown): void;
  mountSignIn(node: unknown, options: unknown): void;
  mountSignUp(node: unknown, options: unknown): void;
  redirectToSignIn(options: unknown): unknown;
  redirectToSignUp(options: unknown): unknown;
  handleRedirectCallback(options: unknown): Promise<unknown>;
  setSession(session: unknown, beforeEmit: unknown): Promise<void>;
  handleMagicLinkVerification(params: unknown): Promise<unknown>;
  getOrganizationMemberships(): Promise<OrganizationMembershipResource[]>;
  getOrganization(id: string): Promise<OrganizationResource>;
  createOrganization(params: unknown): Promise<OrganizationResource>;
  redirectToHome(): unknown;
  experimental_canUseCaptcha: unknown;
  experimental_captchaSiteKey: unknown;
  experimental_captchaURL: unknown;
  __unstable__invitationUpdate(value: unknown): void;
  __unstable__membershipUpdate(value: unknown): void;
  lastOrganizationInvitation: unknown;
  lastOrganizationMember: unknown;
  addListener(listener: (emission: ClerkEmission) => void): void;
}
type LoadedClerk = BrowserClerkInstance;
type BrowserClerk = BrowserClerkInstance;
type HeadlessBrowserClerk = BrowserClerkInstance;
interface ClerkEmission {
  user: UserResource;
  organization: OrganizationResource;
  session: ActiveSessionResource;
  client: ClientResource;
  lastOrganizationInvitation: unknown;
  lastOrganizationMember: unknown;
}
type Resources = ClerkEmission;

interface Component {}
interface LocalizationResource {}
interface Appearance {}

// Modules.

declare module "@clerk/backend" {
  export function Clerk(options: ClerkOptions): BackendClient;
  export function createClerkClient(options: ClerkOptions): BackendClient;
  export function verifyToken(token: string, options: VerifyTokenOptions): Promise<JwtPayload>;
  export function verifyJwt(token: string, options: VerifyJwtOptions): Promise<JwtPayload>;
  export function decodeJwt(token: string): Jwt;
  export function signJwt(payload: unknown, key: unknown, options: unknown): Promise<string>;
  export function createAuthenticateRequest(options: unknown): { authenticateRequest(options: AuthenticateRequestOptions): Promise<RequestState> };
  export function createIsomorphicRequest(init: unknown): unknown;
  export function authenticateRequest(options: AuthenticateRequestOptions): Promise<RequestState>;
  export function redirect(options: unknown): unknown;
  export function loadInterstitialFromLocal(options: unknown): string;
  export const constants: BackendConstants;
}
interface BackendConstants {
  SearchParams: unknown;
}
declare module "@clerk/backend/jwt" {
  export function verifyJwt(token: string, options: VerifyJwtOptions): Promise<JwtPayload>;
  export function decodeJwt(token: string): Jwt;
}
declare module "@clerk/backend/internal" {
  export function createAuthenticateRequest(options: unknown): { authenticateRequest(options: AuthenticateRequestOptions): Promise<RequestState> };
  export const constants: BackendConstants;
}

declare module "@clerk/clerk-sdk-node" {
  export * from "@clerk/backend";
  export default clerkClient;
  export const clerkClient: BackendClient;
  export const users: UserAPI;
  export const sessions: SessionAPI;
  export const invitations: InvitationAPI;
  export const organizations: OrganizationAPI;
  export const clients: ClientAPI;
  export const emails: EmailAPI;
  export const smsMessages: SMSMessageAPI;
  export const emailAddresses: EmailAddressAPI;
  export const phoneNumbers: PhoneNumberAPI;
  export const allowlistIdentifiers: AllowlistIdentifierAPI;
  export const domains: DomainAPI;
  export function ClerkExpressRequireAuth(options: ClerkMiddlewareOptions): unknown;
  export function ClerkExpressWithAuth(options: ClerkMiddlewareOptions): unknown;
  export function createClerkExpressRequireAuth(options: unknown): unknown;
  export function createClerkExpressWithAuth(options: unknown): unknown;
  export function setClerkApiKey(value: string): void;
  export function setClerkApiVersion(value: string): void;
  export function setClerkServerApiUrl(value: string): void;
  export function setClerkHttpOptions(value: unknown): void;
  export function withAuth(handler: (request: LooseAuthProp, response: unknown) => unknown, options: unknown): unknown;
  export function requireAuth(handler: (request: StrictAuthProp, response: unknown) => unknown, options: unknown): unknown;
}
declare module "@clerk/clerk-sdk-node/esm/instance" {
  export function Clerk(options: ClerkOptions): BackendClient;
  export default Clerk;
}
declare module "@clerk/clerk-sdk-node/cjs/instance" {
  export * from "@clerk/clerk-sdk-node/esm/instance";
  export default Clerk;
}
declare module "@clerk/clerk-sdk-node/instance" {
  export * from "@clerk/clerk-sdk-node/esm/instance";
  export default Clerk;
}

declare module "@clerk/clerk-react" {
  export function useUser(): { user: UserResource };
  export function useOrganization(params: unknown): { organization: OrganizationResource; membership: OrganizationMembershipResource; membershipList: OrganizationMembershipResource[]; invitationList: OrganizationInvitationResource[]; memberships: Page<OrganizationMembershipResource>; membershipRequests: Page<OrganizationMembershipRequestResource> };
  export function useOrganizationList(params: unknown): { organizationList: { organization: OrganizationResource; membership: OrganizationMembershipResource }[]; userMemberships: Page<OrganizationMembershipResource>; setActive: unknown };
  export function useOrganizations(): { getOrganizationMemberships(): Promise<OrganizationMembershipResource[]>; getOrganization(id: string): Promise<OrganizationResource>; createOrganization(params: unknown): Promise<OrganizationResource> };
  export function useClerk(): BrowserClerkInstance;
  export function useSession(): { session: ActiveSessionResource };
  export function useSessionList(): { sessions: SessionResource[]; setSession(session: unknown, beforeEmit: unknown): Promise<void>; setActive: unknown };
  export function useSignIn(): { signIn: SignInResource; setSession(session: unknown, beforeEmit: unknown): Promise<void>; setActive: unknown };
  export function useSignUp(): { signUp: SignUpResource; setSession(session: unknown, beforeEmit: unknown): Promise<void>; setActive: unknown };
  export function useMagicLink(resource: unknown): MagicLinkFlow;
  export function useEmailLink(resource: unknown): MagicLinkFlow;
  export function useAuth(): { sessionClaims: JwtPayload; orgRole: MembershipRole };
  export function withUser(component: (props: { user: UserResource }) => unknown, name: unknown): unknown;
  export function withSession(component: (props: { session: ActiveSessionResource }) => unknown, name: unknown): unknown;
  export function withClerk(component: (props: { clerk: BrowserClerkInstance }) => unknown, name: unknown): unknown;
  export const ClerkProvider: Component;
  export const ClerkLoaded: Component;
  export const SignIn: Component;
  export const SignUp: Component;
  export const SignInButton: Component;
  export const SignUpButton: Component;
  export const SignOutButton: Component;
  export const RedirectToSignIn: Component;
  export const RedirectToSignUp: Component;
  export const AuthenticateWithRedirectCallback: Component;
  export const UserButton: Component;
  export const UserProfile: Component;
  export const OrganizationSwitcher: Component;
  export const OrganizationProfile: Component;
  export const OrganizationList: Component;
  export const CreateOrganization: Component;
}

declare module "@clerk/nextjs" {
  export * from "@clerk/clerk-react";
  export function auth(): AuthObject;
  export function currentUser(): Promise<User>;
  export const clerkClient: BackendClient;
  export function authMiddleware(options: AuthMiddlewareOptions): unknown;
  export function withClerkMiddleware(handler: unknown): unknown;
}
interface AuthMiddlewareOptions {
  afterAuth(auth: AuthObject, request: unknown, event: unknown): unknown;
}
declare module "@clerk/nextjs/server" {
  export * from "@clerk/backend";
  export function auth(): AuthObject;
  export function currentUser(): Promise<User>;
  export function getAuth(request: unknown, options: unknown): AuthObject;
  export function buildClerkProps(request: unknown, state: unknown): unknown;
  export const clerkClient: BackendClient;
  export function authMiddleware(options: AuthMiddlewareOptions): unknown;
  export function withClerkMiddleware(handler: unknown): unknown;
}
declare module "@clerk/nextjs/api" {
  export * from "@clerk/clerk-sdk-node";
}
declare module "@clerk/nextjs/edge-middleware" {
  export * from "@clerk/nextjs/api";
  export const clerkApi: BackendClient;
}
declare module "@clerk/nextjs/edge-middlewarefiles" {
  export * from "@clerk/nextjs/edge-middleware";
}
declare module "@clerk/nextjs/app-beta" {
  export * from "@clerk/nextjs";
}
declare module "@clerk/nextjs/app-beta/client" {
  export * from "@clerk/nextjs";
}
declare module "@clerk/nextjs/ssr" {
  export function withServerSideAuth(handler: unknown, options: unknown): unknown;
}
declare module "@clerk/nextjs/edge" {
  export * from "@clerk/nextjs/server";
}

declare module "@clerk/remix" {
  export * from "@clerk/clerk-react";
}
declare module "@clerk/remix/ssr.server" {
  export function rootAuthLoader(parameters: unknown, handler: unknown, options: unknown): unknown;
  export function getAuth(parameters: unknown, options: unknown): Promise<AuthObject>;
}
declare module "@clerk/remix/api.server" {
  export * from "@clerk/backend";
}
declare module "gatsby-plugin-clerk" {
  export * from "@clerk/clerk-react";
}
declare module "gatsby-plugin-clerk/ssr" {
  export function withServerAuth(handler: unknown): unknown;
}
declare module "gatsby-plugin-clerk/api" {
  export * from "@clerk/clerk-sdk-node";
}
declare module "@clerk/clerk-expo" {
  export * from "@clerk/clerk-react";
}
declare module "@clerk/chrome-extension" {
  export * from "@clerk/clerk-react";
}
declare module "@clerk/shared" {}
declare module "@clerk/shared/react" {
  export * from "@clerk/clerk-react";
}
declare module "@clerk/fastify" {
  export * from "@clerk/backend";
  export const clerkClient: BackendClient;
  export function clerkPlugin(instance: unknown, options: unknown): unknown;
  export function getAuth(request: unknown): AuthObject;
}
declare module "@clerk/express" {
  export const clerkClient: BackendClient;
  export function getAuth(request: unknown): AuthObject;
}
declare module "@clerk/astro/server" {
  export function getAuth(request: unknown): AuthObject;
}
interface OrganizationStatic {
  create(name: string): Promise<OrganizationResource>;
}
declare module "@clerk/clerk-js" {
  export const Organization: OrganizationStatic;
  export class Clerk extends BrowserClerkInstance {}
  export default Clerk;
}
declare module "@clerk/clerk-js/headless" {
  export * from "@clerk/clerk-js";
  export default Clerk;
}
declare module "@clerk/types" {
  export class Clerk extends BrowserClerkInstance {}
}
declare module "@clerk/localizations" {}
declare module "@clerk/themes" {}
declare module "@clerk/edge" {
  export * from "@clerk/backend";
}
declare module "@clerk/edge/api" {
  export * from "@clerk/clerk-sdk-node";
}
