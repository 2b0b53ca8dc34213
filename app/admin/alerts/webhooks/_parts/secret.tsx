import { ShownOnce } from '../../../_parts/shown-once.tsx';

interface SecretProps {
  title: string;
  secret: string;
  children: React.ReactNode;
  stored: () => void;
}

/** Shows a signing secret this once. */
export function Secret({ children, ...made }: SecretProps) {
  return (
    <ShownOnce {...made} what="secret" where="where the receiver verifies signatures">
      <p className="text-soft">{children}</p>
    </ShownOnce>
  );
}
