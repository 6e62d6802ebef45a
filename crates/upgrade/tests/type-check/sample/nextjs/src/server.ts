import { auth, clerkClient, currentUser } from '@clerk/nextjs';
import { buildClerkProps, createClerkClient, getAuth, Clerk, verifyToken } from '@clerk/nextjs/server';
import { isClerkAPIResponseError, isKnownError as known } from '@clerk/nextjs';
import type { NextApiRequest, NextApiResponse } from 'next';
import type { WebhookEvent } from '@clerk/clerk-sdk-node';

const own = Clerk({ secretKey: process.env.CLERK_API_KEY });
const other = createClerkClient({ secretKey: process.env.CLERK_API_KEY });

export async function me(): Promise<string | null> {
  const { userId } = auth();
  const user = await currentUser();
  return user ? user.profileImageUrl : userId;
}

export async function people(): Promise<string[]> {
  const [mine, all] = await Promise.all([own.users.getUserList(), other.users.getUserList()]);
  const list = await clerkClient.users.getUserList();
  return [...mine, ...all, ...list].map(({ id }) => id);
}

export default async function handler(request: NextApiRequest, response: NextApiResponse) {
  const { userId } = getAuth(request);
  try {
    const payload = await verifyToken(String(request.query.token), { jwtKey: '', issuer: null });
    response.json({ userId, sub: payload.sub, ...buildClerkProps(request) });
  } catch (error) {
    response.json({ known: known(error), response: isClerkAPIResponseError(error) });
  }
}

export const kind = (event: WebhookEvent) => event.type;
