# For MicroPython's ports built by cmake: USER_C_MODULES=.../boards/sep2_certificates/micropython.cmake (esp32, rp2).
# See sep2_certificates.c.
add_library(usermod_sep2_certificates INTERFACE)
target_sources(usermod_sep2_certificates INTERFACE ${CMAKE_CURRENT_LIST_DIR}/sep2_certificates.c)

# The suite ECDHE-ECDSA-AES128-CCM8 of IEEE 2030.5, and certificates as PEM text. ESP-IDF has both by sdkconfig.
if(NOT ESP_PLATFORM)
    target_compile_definitions(usermod_sep2_certificates INTERFACE
        MBEDTLS_CCM_C= MBEDTLS_PEM_PARSE_C= MBEDTLS_BASE64_C=)
endif()

target_link_options(usermod_sep2_certificates INTERFACE
    -Wl,--wrap=mbedtls_x509_crt_parse_der
    -Wl,--wrap=mbedtls_x509_crt_parse_der_nocopy
    -Wl,--wrap=mbedtls_x509_crt_parse
    -Wl,--wrap=mbedtls_ssl_conf_own_cert
    -Wl,--wrap=mbedtls_ssl_set_hostname)
target_link_libraries(usermod INTERFACE usermod_sep2_certificates)
