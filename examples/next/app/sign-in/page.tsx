import { redirect } from 'next/navigation';
import { signIn } from '../../users';

async function submit(form: FormData) {
  'use server';
  await signIn(String(form.get('name')));
  redirect('/');
}

export default function SignIn() {
  return (
    <form action={submit}>
      <h1>Sign in</h1>
      <label>
        Name <input name="name" required />
      </label>
      <button type="submit">Sign in</button>
    </form>
  );
}
