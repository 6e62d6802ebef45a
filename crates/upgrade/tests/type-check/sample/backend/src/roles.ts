import type { MembershipRole } from '@clerk/types';

export interface Member {
  role: MembershipRole;
}

export const isAdmin = (member: Member) => member.role === 'admin';
