// An application that @clerk/express protects, in the version that CONFORMANCE_EXPRESS names.
import { serve } from './application.mjs';

const { clerkClient, clerkMiddleware, getAuth, requireAuth } = await import(process.env.CONFORMANCE_EXPRESS);

serve({ open: [clerkMiddleware()], closed: [requireAuth()], authOf: request => getAuth(request), clerkClient });
