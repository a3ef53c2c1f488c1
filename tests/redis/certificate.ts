/** A certificate for the loopback device, and who has signed it, until it is disposed of. */
export interface Certificate extends AsyncDisposable {
  /** Files. */
  authority: string;
  certificate: string;
  key: string;
}

/** Makes one, by the `openssl` that is there wherever Redis has TLS. */
export async function makeCertificate(): Promise<Certificate> {
  const folder = await Deno.makeTempDir({ prefix: "parley-certificate-" });
  const file = (name: string) => `${folder}/${name}`;
  const openssl = async (...args: string[]) => {
    const { success, stderr } = await new Deno.Command("openssl", { args, cwd: folder }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
  };
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  await openssl(
    ...["req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Parley tests"],
  );
  await openssl(
    "req",
    ...key,
    "-keyout",
    "key.pem",
    "-out",
    "request.pem",
    "-subj",
    "/CN=localhost",
  );
  await Deno.writeTextFile(file("names"), "subjectAltName=IP:127.0.0.1,DNS:localhost");
  await openssl(
    ...["x509", "-req", "-in", "request.pem", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2"],
    ...["-CAcreateserial", "-extfile", "names", "-out", "certificate.pem"],
  );
  return {
    authority: file("ca.pem"),
    certificate: file("certificate.pem"),
    key: file("key.pem"),
    async [Symbol.asyncDispose]() {
      await Deno.remove(folder, { recursive: true });
    },
  };
}
