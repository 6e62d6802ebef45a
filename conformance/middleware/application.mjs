// What the applications have in common: the same pages, each under /open (anybody) and /closed (who is signed in).
import { letTimePass } from './clock.mjs';
import express from 'express';

/**
 * Serves the pages that the handlers `open` and `closed` of an SDK are before, and prints the address.
 * `authOf` answers what the SDK knows of a request.
 */
export function serve({ open, closed, authOf, clerkClient }) {
  const app = express();
  app.use(letTimePass);
  // One by one, as an Express router takes the path of the page away, which @clerk/clerk-sdk-node needs.
  for (const [path, protect] of [['/open', open], ['/closed', closed]]) {
    app.get(path, protect, (request, response) => {
      const { userId, sessionId, orgId, orgSlug, orgRole, orgPermissions, actor, sessionClaims } = authOf(request);
      response.json({ userId, sessionId, orgId, orgSlug, orgRole, orgPermissions, actor, sessionClaims });
    });
    app.get(`${path}/has`, protect, (request, response) => response.json(authOf(request).has(request.query)));
    app.get(`${path}/token`, protect, async (request, response) => response.json(await authOf(request).getToken(request.query)));
    app.get(`${path}/user`, protect, async (request, response) => {
      const { id, firstName } = await clerkClient.users.getUser(authOf(request).userId);
      response.json({ id, firstName });
    });
  }
  // `next` is what makes it a handler of errors.
  app.use((error, request, response, next) => response.status(401).json({ error: error.message }));
  const server = app.listen(0, 'localhost', () => console.log(`http://localhost:${server.address().port}`));
  // A slow test must not find its connection closed.
  server.keepAliveTimeout = 600_000;
}
