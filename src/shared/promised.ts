/** A promise that is settled from outside; `Promise.withResolvers` needs Node 22. */
export interface Promised<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T | PromiseLike<T>) => void;
  readonly reject: (reason: unknown) => void;
}

export function promised<T>(): Promised<T> {
  let resolve: Promised<T>['resolve'] = () => {};
  let reject: Promised<T>['reject'] = () => {};
  const promise = new Promise<T>((onSuccess, onFailure) => {
    resolve = onSuccess;
    reject = onFailure;
  });
  return { promise, resolve, reject };
}
