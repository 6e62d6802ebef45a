import { useOrganization, useUser } from '@clerk/clerk-react';

export async function invitationsOf(organization: NonNullable<ReturnType<typeof useOrganization>['organization']>) {
  return organization.getInvitations({ pageSize: 20, initialPage: 1 });
}

export function Team() {
  const { organization } = useOrganization();
  const { user } = useUser();
  if (!organization || !user) {
    return null;
  }
  const rename = () => organization.update({ name: 'New' });
  const change = (password: string) => user.update({ password });
  return (
    <figure onClick={rename}>
      <img src={organization.imageUrl} alt={organization.name} />
      <img src={user.imageUrl} alt="" onClick={() => change('secret')} />
    </figure>
  );
}
