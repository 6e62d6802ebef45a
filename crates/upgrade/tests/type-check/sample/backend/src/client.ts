import { Clerk } from '@clerk/backend';

export const clerk = Clerk({ secretKey: process.env.CLERK_API_KEY });

export type Client = ReturnType<typeof Clerk>;
