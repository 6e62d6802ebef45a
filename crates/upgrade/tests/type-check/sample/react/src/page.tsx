import { UserButton, clerkClient, currentUser, auth } from '@clerk/nextjs';

export default async function Page() {
  const { userId } = auth();
  const user = await currentUser();
  const everyone = await clerkClient.users.getUserList({ limit: 3 });
  return (
    <main>
      <UserButton userProfileUrl="/profile" />
      <img src={user?.imageUrl} alt={userId ?? ''} />
      <ul>
        {everyone.map((person) => (
          <li key={person.id}>{person.firstName}</li>
        ))}
      </ul>
    </main>
  );
}
