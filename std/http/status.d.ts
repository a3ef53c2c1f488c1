/** The signatures of `@std/http/status` 1.1.3, as far as this project calls them. */

export const STATUS_CODE: {
  readonly OK: 200;
  readonly Created: 201;
  readonly NoContent: 204;
  readonly NotModified: 304;
  readonly BadRequest: 400;
  readonly Unauthorized: 401;
  readonly Forbidden: 403;
  readonly NotFound: 404;
  readonly MethodNotAllowed: 405;
  readonly RequestTimeout: 408;
  readonly Conflict: 409;
  readonly ContentTooLarge: 413;
  readonly UnsupportedMediaType: 415;
  readonly UpgradeRequired: 426;
  readonly TooManyRequests: 429;
  readonly InternalServerError: 500;
  readonly NotImplemented: 501;
  readonly ServiceUnavailable: 503;
};
export type StatusCode = typeof STATUS_CODE[keyof typeof STATUS_CODE];
export const STATUS_TEXT: Readonly<Record<StatusCode, string>>;
