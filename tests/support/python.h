/* The tests' own Python, with the packages that tests/requirements.txt pins. */
#pragma once

/* Path of the interpreter, made by tools/python-env when it is not there yet. Ends the test when that fails. */
const char *test_python(void);
