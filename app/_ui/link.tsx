import NextLink from 'next/link';

/**
 * A link that is not fetched ahead. Every page here is made per request, so fetching the fifty rows of a list ahead
 * would cost fifty unread pages.
 */
export function Link(props: React.ComponentProps<typeof NextLink>) {
  return <NextLink prefetch={false} {...props} />;
}
