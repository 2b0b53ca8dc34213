interface ConnectFormProps {
  intent: 'sign_in' | 'step_up' | 'connect' | 'reconnect';
  provider: string;
  connectionId?: string;
  returnTo: string;
  className?: string;
  /** Account-specific parts that are known already, as when another try is made. */
  params?: Record<string, string>;
  children: React.ReactNode;
}

/** A plain form that begins a flow; the browser follows the answer to the provider, with or without JavaScript. */
export function ConnectForm({
  intent,
  provider,
  connectionId,
  returnTo,
  className,
  params,
  children,
}: ConnectFormProps) {
  return (
    <form method="post" action="/oauth/start" className={className}>
      <input type="hidden" name="intent" value={intent} />
      <input type="hidden" name="provider" value={provider} />
      {connectionId && <input type="hidden" name="connection_id" value={connectionId} />}
      <input type="hidden" name="return_to" value={returnTo} />
      {Object.entries(params ?? {}).map(([name, value]) => (
        <input key={name} type="hidden" name={`account_params.${name}`} value={value} />
      ))}
      {children}
    </form>
  );
}
