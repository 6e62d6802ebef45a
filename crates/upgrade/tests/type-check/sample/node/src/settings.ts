import { setClerkApiKey, sessions } from '@clerk/clerk-sdk-node';

setClerkApiKey('sk_test_example');

export const session = (id: string) => sessions.getSession(id);
