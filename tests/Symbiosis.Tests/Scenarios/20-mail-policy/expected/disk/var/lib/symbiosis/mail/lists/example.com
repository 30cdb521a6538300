"*": @elsewhere.example
"info": bob
