import { Clerk, users } from '@clerk/clerk-sdk-node';
import Instance from '@clerk/clerk-sdk-node/esm/instance';

const own = Clerk({ secretKey: process.env.CLERK_API_KEY });
const other = Instance({ secretKey: 'sk_test_example' });

export async function people(): Promise<string[]> {
  const list = await users.getUserList();
  const more = await own.users.getUserList({ limit: 1 });
  return [...list, ...more].map((user) => user.id);
}

export const invitations = () => other.invitations.getInvitationList();

export async function pending(): Promise<number> {
  const all = await invitations();
  return all.length;
}
