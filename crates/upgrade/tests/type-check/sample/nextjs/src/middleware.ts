import { authMiddleware, redirectToSignIn } from '@clerk/nextjs';
import type { NextRequest } from 'next/server';

export default authMiddleware({
  publicRoutes: ['/', '/about'],
  ignoredRoutes: ['/api/hook'],
  secretKey: process.env.CLERK_API_KEY,
});

export const leave = (request: NextRequest) => redirectToSignIn({ returnBackUrl: request.url });

export const config = { matcher: ['/((?!.+\\.[\\w]+$|_next).*)', '/', '/(api|trpc)(.*)'] };
