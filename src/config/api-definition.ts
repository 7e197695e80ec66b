/** Operations of an API, by what they have. */
export interface OperationFilter {
  /** Patterns. */
  readonly tags?: readonly string[] | undefined;
  /** Patterns over paths as the document writes them. */
  readonly paths?: readonly string[] | undefined;
  /** In small letters. */
  readonly methods?: readonly string[] | undefined;
}

/** An API that is offered as a server (docs/openapi.md). */
export interface ApiDefinition {
  /** The document: a whole path, or an address. */
  readonly document: string;
  /** SHA-256 (hex) of a document that is a file; undefined for one that is fetched. */
  readonly digest: string | undefined;
  /** The address that its owner wrote; undefined where the document says it. */
  readonly base: string | undefined;
  readonly include: OperationFilter | undefined;
  readonly exclude: OperationFilter | undefined;
  /** Addresses that the document may refer to; one that ends with a slash stands for all below it. */
  readonly references: readonly string[];
  /** Parts of every query, such as keys. */
  readonly query: ReadonlyMap<string, string>;
  readonly cookies: ReadonlyMap<string, string>;
}
