/* Folders under /tmp for servers that tests start. They vanish at exit; what a killed test left behind is swept by the
 * next one. */
#pragma once

enum { TEST_FOLDER_SIZE = 64 };

/* Makes an empty folder that everybody may enter and writes its path. Ends the program when it cannot. */
void test_folder_create(char path[TEST_FOLDER_SIZE]);

/* Removes it with all it holds. */
void test_folder_remove(const char *path);

/* Ends the program (the running test fails) with a line on standard error. */
void test_fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Where the sources and the build are, from SICAL_SOURCE and SICAL_BUILD, which CTest sets. */
const char *test_source_dir(void);
const char *test_build_dir(void);
