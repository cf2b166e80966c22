// MicroPython for this board, with ROMFS: bytecode of the image runs in place.
#define MICROPY_HW_BOARD_NAME "Sluice ESP32-S3"
#define MICROPY_HW_MCU_NAME "ESP32S3"
#define MICROPY_HW_ENABLE_UART_REPL (1)
#define MICROPY_PY_BLUETOOTH (0)
#define MICROPY_PY_ESPNOW (0)
#define MICROPY_VFS_ROM (1)
