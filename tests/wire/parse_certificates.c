/* As a board's firmware uses Mbed TLS: parses a chain and a root, both PEM, and verifies one by the other.
 *
 * parse_certificates CHAIN ROOT: prints what the three calls return, and which names are then checked if a name is
 * given, and if the empty one is.
 */

#include <stdio.h>

#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

static int parse(mbedtls_x509_crt *chain, const char *name) {
    static unsigned char text[65536];
    FILE *file = fopen(name, "rb");
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    text[length] = 0;
    mbedtls_x509_crt_init(chain);
    return mbedtls_x509_crt_parse(chain, text, length + 1);
}

int main(int count, char **arguments) {
    mbedtls_x509_crt chain, root;
    uint32_t flags = 0;
    mbedtls_ssl_context ssl, unnamed;
    (void) count;
    printf("%d ", parse(&chain, arguments[1]));
    printf("%d ", parse(&root, arguments[2]));
    printf("%d ", mbedtls_x509_crt_verify(&chain, &root, NULL, NULL, &flags, NULL, NULL));
    mbedtls_ssl_init(&ssl);
    mbedtls_ssl_init(&unnamed);
    mbedtls_ssl_set_hostname(&unnamed, NULL);
    mbedtls_ssl_set_hostname(&ssl, "utility.example");
    printf("%s ", ssl.MBEDTLS_PRIVATE(hostname));
    mbedtls_ssl_set_hostname(&ssl, "");
    printf("%s\n", ssl.MBEDTLS_PRIVATE(hostname) == unnamed.MBEDTLS_PRIVATE(hostname) ? "any" : "empty");
    return 0;
}
