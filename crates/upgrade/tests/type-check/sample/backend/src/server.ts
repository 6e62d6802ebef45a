import { clerk } from './client';
import { constants } from '@clerk/backend';

export async function handle(request: Request): Promise<Response> {
  const state = await clerk.authenticateRequest({
    request,
    secretKey: process.env.CLERK_API_KEY,
    publishableKey: 'pk_test_Y2xlcmsuZXhhbXBsZS5jb20k',
    clockSkewInSeconds: 5_000,
  });
  const auth = state.toAuth();
  const reason = state.status === 'signed-out' ? state.reason : undefined;
  const headers = new Headers({ [constants.Headers.AuthReason]: reason ?? '' });
  return new Response(auth?.userId ?? 'nobody', { headers });
}
