import { ListShape } from '../../_parts/list-shape.tsx';

export default function Loading() {
  return <ListShape label="Loading the list" />;
}
