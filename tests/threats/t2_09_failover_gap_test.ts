/**
 * RFC 5355 §2.9: "The application SHOULD be notified when failover occurs so the application can
 * take appropriate action to establish a trusted relationship with PE B." A failover is one of a
 * session, and sessions come with the pool-user issue. Tried then: a session over a secured pool
 * whose element ends is told of the failover, with the identifier and addresses of the next
 * element, before a byte goes there; and an application that refuses that element sends it nothing.
 */

Deno.test({
  name:
    "RFC 5355 §2.9, re-establishing PU-PE security during failover: a gap, sessions come with " +
    "the pool-user issue",
  ignore: true,
  fn() {},
});
