import express, { type Request, type Response } from 'express';
import clerk, {
  ClerkExpressRequireAuth,
  ClerkExpressWithAuth,
  createClerkExpressWithAuth,
  type RequireAuthProp,
  type WithAuthProp,
} from '@clerk/clerk-sdk-node';

const app = express();

app.use(ClerkExpressWithAuth());
app.use('/admin', ClerkExpressRequireAuth());
app.use('/own', createClerkExpressWithAuth({ clerkClient: clerk, secretKey: process.env.CLERK_API_KEY })({}));

app.get('/me', async (request: Request, response: Response) => {
  const { auth } = request as WithAuthProp<Request>;
  const user = await clerk.users.getUser(auth.userId ?? '');
  response.json({ id: user.id, email: auth.claims?.email, picture: user.profileImageUrl });
});

app.get('/admin/me', (request, response) => {
  response.json({ session: (request as RequireAuthProp<Request>).auth.sessionId });
});

export default app;
