/** The parts of an OpenAPI 3.1 document that this API uses. */
export interface ApiDocument {
  openapi: string;
  info: { title: string; version: string; description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, ApiOperation>>;
  components: {
    schemas: Record<string, ApiSchema>;
    headers: Record<string, ApiHeader>;
    securitySchemes: Record<string, { type: string; scheme: string; bearerFormat: string; description: string }>;
  };
}

export interface ApiHeader {
  description: string;
  schema: ApiSchema;
}

export interface ApiOperation {
  operationId: string;
  summary: string;
  description?: string;
  tags: string[];
  /** By scheme; for the API key the scopes that it must have. */
  security: Record<string, string[]>[];
  parameters?: ApiParameter[];
  requestBody?: { required?: boolean; content: Record<string, { schema: ApiSchema }> };
  responses: Record<string, ApiResponse>;
}

export interface ApiParameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  schema: ApiSchema;
}

export interface ApiResponse {
  description: string;
  headers?: Record<string, { $ref: string }>;
  content?: Record<string, { schema: ApiSchema; examples?: Record<string, { description?: string; value: unknown }> }>;
}

/** A schema, or a reference to one of the components. */
export interface ApiSchema {
  $ref?: string;
  type?: string | readonly string[];
  description?: string;
  example?: unknown;
  format?: string;
  pattern?: string;
  minimum?: number;
  maximum?: number;
  default?: unknown;
  enum?: readonly unknown[];
  const?: unknown;
  properties?: Record<string, ApiSchema>;
  required?: readonly string[];
  additionalProperties?: boolean | ApiSchema;
  items?: ApiSchema;
  anyOf?: readonly ApiSchema[];
  oneOf?: readonly ApiSchema[];
  allOf?: readonly ApiSchema[];
}
