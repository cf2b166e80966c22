/* Certificates of IEEE 2030.5 for Mbed TLS 3, which of itself refuses them: they carry a critical certificatePolicies
 * extension, and Mbed TLS knows no policy but anyPolicy. Three things change, nothing else:
 *
 * - A certificatePolicies extension is accepted if it names policies below 1.3.6.1.4.1.40732 (IEEE 2030.5) and
 *   anyPolicy only. Every other critical extension that Mbed TLS does not know stays refused.
 * - The server name "" means: the chain is verified as ever, the name in the server's certificate is not looked at.
 *   Utilities use certificates that name a hardware module and no host.
 * - A private key that is not the certificate's is refused when both are loaded, and not by the server later.
 *
 * In firmware the linker puts these functions in the place of Mbed TLS's own (micropython.mk, micropython.cmake); on
 * Linux they come first as a shared library (LD_PRELOAD, built with -DSEP2_PRELOAD).
 * Source: RFC 5280 4.2.1.4; IEEE 2030.5-2018 6.11; requirement T1.
 */

#include <string.h>

#include <mbedtls/asn1.h>
#include <mbedtls/oid.h>
#include <mbedtls/pem.h>
#include <mbedtls/ssl.h>
#include <mbedtls/x509_crt.h>

#ifdef SEP2_PRELOAD
extern void *dlsym(void *, const char *);
#define RTLD_NEXT ((void *) -1L)
#define INSTEAD_OF(name) name
#define ORIGINAL(name) ((__typeof__(&name)) dlsym(RTLD_NEXT, #name))
#else
#define INSTEAD_OF(name) __wrap_##name
#define ORIGINAL(name) __real_##name
int __real_mbedtls_ssl_set_hostname(mbedtls_ssl_context *, const char *);
int __real_mbedtls_ssl_conf_own_cert(mbedtls_ssl_config *, mbedtls_x509_crt *, mbedtls_pk_context *);
#endif

static const unsigned char SEP2_ARC[] = {0x2b, 0x06, 0x01, 0x04, 0x01, 0x82, 0xbe, 0x1c}; /* 1.3.6.1.4.1.40732 */

static int is_known(const unsigned char *oid, size_t length) {
    return (length >= sizeof SEP2_ARC && memcmp(oid, SEP2_ARC, sizeof SEP2_ARC) == 0) ||
           (length == MBEDTLS_OID_SIZE(MBEDTLS_OID_ANY_POLICY) && memcmp(oid, MBEDTLS_OID_ANY_POLICY, length) == 0);
}

/* certificatePolicies ::= SEQUENCE SIZE (1..MAX) OF SEQUENCE { policyIdentifier OBJECT IDENTIFIER, ... } */
static int are_known(unsigned char *p, const unsigned char *end) {
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    size_t length;
    if (mbedtls_asn1_get_tag(&p, end, &length, sequence) != 0 || p + length != end || length == 0) {
        return 0;
    }
    while (p < end) {
        if (mbedtls_asn1_get_tag(&p, end, &length, sequence) != 0) {
            return 0;
        }
        unsigned char *next = p + length;
        if (mbedtls_asn1_get_tag(&p, next, &length, MBEDTLS_ASN1_OID) != 0 || !is_known(p, length)) {
            return 0;
        }
        p = next;
    }
    return 1;
}

/* Asked for each extension that Mbed TLS does not know, and for policies that it does not know; 0 accepts. */
static int accept(void *context, const mbedtls_x509_crt *certificate, const mbedtls_x509_buf *oid, int critical,
                  const unsigned char *p, const unsigned char *end) {
    (void) context, (void) certificate, (void) critical;
    const size_t length = MBEDTLS_OID_SIZE(MBEDTLS_OID_CERTIFICATE_POLICIES);
    const int is_policies = oid->len == length && memcmp(oid->p, MBEDTLS_OID_CERTIFICATE_POLICIES, length) == 0;
    return is_policies && are_known((unsigned char *) p, end) ? 0 : MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE;
}

int INSTEAD_OF(mbedtls_x509_crt_parse_der)(mbedtls_x509_crt *chain, const unsigned char *der, size_t length) {
    return mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, length, 1, accept, NULL);
}

int INSTEAD_OF(mbedtls_x509_crt_parse_der_nocopy)(mbedtls_x509_crt *chain, const unsigned char *der, size_t length) {
    return mbedtls_x509_crt_parse_der_with_ext_cb(chain, der, length, 0, accept, NULL);
}

#ifdef MBEDTLS_PEM_PARSE_C
/* One certificate in DER, or all of a PEM text that ends in a zero byte; one that is refused refuses the file. */
int INSTEAD_OF(mbedtls_x509_crt_parse)(mbedtls_x509_crt *chain, const unsigned char *text, size_t length) {
    static const char BEGIN[] = "-----BEGIN CERTIFICATE-----", END[] = "-----END CERTIFICATE-----";
    if (length == 0 || text[length - 1] != 0 || strstr((const char *) text, BEGIN) == NULL) {
        return INSTEAD_OF(mbedtls_x509_crt_parse_der)(chain, text, length);
    }
    int error = 0;
    while (error == 0 && strstr((const char *) text, BEGIN) != NULL) {
        mbedtls_pem_context pem;
        size_t used = 0;
        mbedtls_pem_init(&pem);
        error = mbedtls_pem_read_buffer(&pem, BEGIN, END, text, NULL, 0, &used);
        if (error == 0) {
            size_t der_length;
            const unsigned char *der = mbedtls_pem_get_buffer(&pem, &der_length);
            error = INSTEAD_OF(mbedtls_x509_crt_parse_der)(chain, der, der_length);
            text += used;
        }
        mbedtls_pem_free(&pem);
    }
    return error;
}
#endif

int INSTEAD_OF(mbedtls_ssl_conf_own_cert)(mbedtls_ssl_config *conf, mbedtls_x509_crt *chain, mbedtls_pk_context *key) {
    int error = mbedtls_pk_check_pair(&chain->pk, key, conf->MBEDTLS_PRIVATE(f_rng), conf->MBEDTLS_PRIVATE(p_rng));
    return error != 0 ? error : ORIGINAL(mbedtls_ssl_conf_own_cert)(conf, chain, key);
}

int INSTEAD_OF(mbedtls_ssl_set_hostname)(mbedtls_ssl_context *ssl, const char *name) {
    return ORIGINAL(mbedtls_ssl_set_hostname)(ssl, name != NULL && *name ? name : NULL);
}
