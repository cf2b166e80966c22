# For MicroPython's ports built by make: USER_C_MODULES=.../boards (unix, stm32). See sep2_certificates.c.
SEP2_CERTIFICATES := $(USERMOD_DIR)
SRC_USERMOD_C += $(SEP2_CERTIFICATES)/sep2_certificates.c

# The suite ECDHE-ECDSA-AES128-CCM8 of IEEE 2030.5, and certificates as PEM text.
CFLAGS_USERMOD += -DMBEDTLS_CCM_C= -DMBEDTLS_PEM_PARSE_C= -DMBEDTLS_BASE64_C=

LDFLAGS_USERMOD += -Wl,--wrap=mbedtls_x509_crt_parse_der
LDFLAGS_USERMOD += -Wl,--wrap=mbedtls_x509_crt_parse_der_nocopy
LDFLAGS_USERMOD += -Wl,--wrap=mbedtls_x509_crt_parse
LDFLAGS_USERMOD += -Wl,--wrap=mbedtls_ssl_conf_own_cert
LDFLAGS_USERMOD += -Wl,--wrap=mbedtls_ssl_set_hostname
