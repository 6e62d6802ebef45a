// An application that @clerk/clerk-sdk-node protects.
import { serve } from './application.mjs';
import { ClerkExpressRequireAuth, ClerkExpressWithAuth, clerkClient } from '@clerk/clerk-sdk-node';

serve({ open: [ClerkExpressWithAuth()], closed: [ClerkExpressRequireAuth()], authOf: request => request.auth, clerkClient });
