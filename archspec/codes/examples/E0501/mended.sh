archspec check resnet34 --format github
