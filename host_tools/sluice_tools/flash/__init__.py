"""`sluice flash`: firmware, partitions and image into a board's flash; read back before anything is called done."""
